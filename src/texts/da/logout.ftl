# At logge ud.

logout-heading = Vil du logge ud?
logout-user = Du er logget ind som
logout-services = Du bliver også logget ud her:
logout-yes = Log ud
logged-out-heading = Du er logget ud
logged-out-done = Du er også logget ud her:
logged-out-asked = Disse tjenester har fået besked gennem din browser. De svarer ikke, om det lykkedes:
logged-out-not-reached = Disse tjenester svarede ikke. Dér er du måske stadig logget ind:
logged-out-no-way = Disse tjenester kan ikke få besked. Dér er du måske stadig logget ind:
logged-out-upstreams = Her er du måske stadig logget ind:
logged-out-frame = { $service } bliver logget ud
logged-out-shared = Bruger andre også denne computer, så luk browseren helt.
eid-open-heading = Til den voksne: luk dit login
eid-open-why = Du er måske stadig logget ind hos { $eid } på denne computer. Vi kan ikke logge dig ud dér.
eid-open-do = Log selv ud hos { $eid }, eller luk browseren helt, når barnet er færdigt. Vi beder om et nyt login med { $eid } her det næste halve døgn, men andre hjemmesider gør det måske ikke.
eid-open-on = Gå videre som barnet
