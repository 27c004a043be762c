# Unilogin Faktor 2: en voksen siger ja, og eleven venter.

adult-heading = En voksen skal sige ja
adult-why = { $service } skal vide helt sikkert, at det er dig. Derfor skal en voksen, som kender dig, sige ja.
adult-same-picture = Din lærer ser det samme billede ved dit navn i Elevadgang. Sig højt, hvad du ser, eller vis skærmen til din lærer.
adult-until = Siden venter til kl. { $time }. Den går selv videre, når en voksen har sagt ja.
adult-look = Se efter, om nogen har sagt ja
adult-again = Spørg igen
adult-others = Kan læreren ikke lige nu?
adult-nobodys-fault = Det er ikke din skyld, og det er ikke lærerens. Du kan gøre noget andet:
adult-parent-here = En forælder er her hos mig og har { $eid }
adult-parent-elsewhere = Er din forælder et andet sted? Så kan de sige ja på { $address } med { $eid }. De skal se det samme billede som dig.
adult-own-eid = Jeg har selv { $eid }
adult-cancel = Jeg vil ikke vente
adult-ran-out = Der kom ikke noget svar i tide. Din lærer har måske ikke set det. Spørg igen, når den voksne er klar.
adult-denied = Den voksne sagde nej denne gang. Tal med den voksne om det.
adult-taken-back = Den voksnes ja gælder ikke mere. Du kan spørge igen.
adult-account = Din adgangskode er blevet lavet om. Log ind igen, før du spørger.
adult-too-many = Du har spurgt mange gange den sidste time. Vent lidt, og prøv så igen.
adult-note-not-a-parent = Den, der loggede ind, kan ikke sige ja for dig. Det kan kun en forælder, som skolen har skrevet op med forældremyndighed.
adult-note-not-proved = Din forælder blev ikke færdig med { $eid }. I kan prøve igen.

confirm-picture = { $above } over { $below }
confirm-shape-0 = { $count ->
    [one] 1 cirkel
   *[other] { $count } cirkler
}
confirm-shape-1 = { $count ->
    [one] 1 trekant
   *[other] { $count } trekanter
}
confirm-shape-2 = { $count ->
    [one] 1 firkant
   *[other] { $count } firkanter
}
confirm-shape-3 = { $count ->
    [one] 1 stjerne
   *[other] { $count } stjerner
}
confirm-shape-4 = { $count ->
    [one] 1 hjerte
   *[other] { $count } hjerter
}
confirm-shape-5 = { $count ->
    [one] 1 kryds
   *[other] { $count } krydser
}

vouch-heading = Giv adgang
vouch-what = En tjeneste skal vide helt sikkert, hvem eleven er. Siger du ja, gælder det i to timer for den, der viser billedet herunder, og kun dér.
vouch-nobody = Ingen af dine elever venter lige nu.
vouch-nobody-what = Når en elev åbner en tjeneste, der kræver det, kommer eleven på listen her. Siden ser selv efter.
vouch-no-child = Ingen af dine børn venter lige nu.
vouch-no-child-what = Når dit barn venter på en side med et billede, kommer barnet på listen her. Her vises kun børn, som skolen har skrevet op med din forældremyndighed, og ikke børn med navne- og adressebeskyttelse.
vouch-pick = Vælg dem, der viser det samme billede på deres skærm
vouch-all-here = De elever, der sidder på dit netværk, er valgt på forhånd. Se på deres skærme, før du siger ja.
vouch-class = Venter: { $count }
vouch-for-service = til { $service }
vouch-since = siden kl. { $time }
vouch-elsewhere = Sidder et andet sted end du. Sig kun ja, hvis du har spurgt eleven.
vouch-doubled = Samme elev venter på to enheder. Kun den ene er elevens. Se på billedet.
vouch-logged-in-too = Eleven er også logget ind på en anden enhed eller i et andet vindue. Se efter, at det er elevens egen skærm.
vouch-message = Eleven ser: { $message }
vouch-do = Giv adgang i to timer
vouch-no = Sig nej
vouch-has = Har adgang nu
vouch-until = til kl. { $time }
vouch-by-parent = en forælder sagde ja
vouch-by-teacher = en lærer sagde ja
vouch-by-administrator = skolens administration sagde ja
vouch-take-back = Tag tilbage
vouch-back = Til dine klasser
vouch-link = Giv adgang til elever, der venter
vouch-prove-again = For at give adgang skal du have logget ind inden for det sidste kvarter eller med to faktorer.
vouch-said-given = { $count ->
    [one] 1 elev har nu adgang i to timer.
   *[other] { $count } elever har nu adgang i to timer.
}
vouch-said-gone = Nogle af dem ventede ikke mere og fik ikke adgang. Se, hvem der venter nu.
vouch-said-no = Du sagde nej. Eleven kan se det.
vouch-said-back = Adgangen er taget tilbage.
vouch-said-back-told = { $services } har fået besked.
vouch-said-back-silent = { $services } svarede ikke på beskeden. Bed eleven om at logge ud dér.
vouch-said-back-no-way = { $services } kan ikke få besked herfra. Bed eleven om at logge ud dér.
vouch-said-back-unused = Ingen tjeneste havde fået adgangen at vide endnu.
vouch-said-back-later = De tjenester, der har fået adgangen at vide, får besked i løbet af et øjeblik.
vouch-said-nobody = Vælg først en eller flere elever.
vouch-said-stale = Listen har ændret sig i mellemtiden, og ingen fik adgang. Se, hvem der venter nu.

history-asked-adult = Du bad en voksen om at sige ja til { $service }
history-vouched-teacher = { $name } sagde god for dig som lærer i to timer
history-vouched-some-teacher = En lærer sagde god for dig i to timer
history-vouched-administrator = { $name } fra skolens administration sagde god for dig i to timer
history-vouched-some-administrator = Skolens administration sagde god for dig i to timer
history-vouched-parent = { $name } sagde god for dig som forælder i to timer
history-vouched-some-parent = En forælder sagde god for dig i to timer
history-adult-refused = En voksen sagde nej
history-vouched-no-more = En voksens ja blev taget tilbage
