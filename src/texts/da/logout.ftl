# At logge ud.

logout-heading = Vil du logge ud?
logout-user = Du er logget ind som
logout-services = Du bliver også logget ud her:
logout-yes = Log ud
logged-out-heading = Du er logget ud
logged-out-not-reached = Disse tjenester fik vi ikke besked til. Dér er du måske stadig logget ind:
logged-out-upstream = Du er måske stadig logget ind hos { $upstream }.
logged-out-shared = Bruger andre også denne computer, så luk browseren helt.
