# Afvisninger. Værdien er overskriften; E1-E8 lyder, som brugerne kender dem.
# Delene: line (anden linje), why (hvad skete der), user, teacher, administrator, operator (hvad gør hvem).
# Hvor en elev har mødt den, kan board sige noget andet til læreren end teacher; på hjælpesiden for forældre kan parent sige noget andet end user.

UL-101 = Dit brugernavn blev ikke fundet
    .line = Prøv igen.
    .why = Vi kender ingen med det brugernavn. Måske er der en tastefejl.
    .user = Tjek stavningen, og spørg din lærer, hvis det stadig ikke virker.
    .parent = Tjek stavningen, og spørg skolen, hvis det stadig ikke virker.
    .teacher = Tjek stavningen. Bruger I @ i brugernavnet, hører det til et lokalt login: Skriv hele navnet, også det efter @. Er du i tvivl, så spørg den lokale it-ansvarlige.
    .administrator = Slå brugeren op i seneste import. Mangler den, så ret i skolens administrationssystem, eller kontakt leverandøren af det. Er brugeren kun kommet ind med en CSV-fil, så registrér brugeren i administrationssystemet i stedet.
    .operator = Se, om den seneste import for institutionen er kørt til ende, og om kontoen findes under et andet navn.

UL-102 = Adgangskoden er forkert
    .line = Prøv igen.
    .why = Brugernavn og adgangskode passer ikke sammen.
    .user = Skal du skrive den, så se efter store og små bogstaver. Har du glemt den, kan din lærer hjælpe dig.
    .parent = Se efter store og små bogstaver. Et barn får en ny adgangskode af sin lærer. Har du selv glemt din, så tryk på »Glemt adgangskode«.
    .teacher = Se efter store og små bogstaver. Har en elev glemt den, kan du give eleven en ny under Elevadgang. Har du selv glemt den, så tryk på »Glemt adgangskode«.
    .board = Har eleven glemt adgangskoden, så giv eleven en ny.
    .administrator = Ingen kan slå adgangskoden op. I kan give en elev en ny. Ansatte trykker selv på »Glemt adgangskode«.
    .operator = Beskeden er den samme for en konto uden adgangskode. Hændelsesloggen viser, hvad der gjaldt her.

UL-103 = Det kan ikke være et brugernavn
    .line = Prøv igen.
    .why = Et brugernavn har ingen mellemrum. Er der et @ i det, skal der stå noget på begge sider.
    .user = Skriv dit brugernavn, som du har fået det. Brug små bogstaver.
    .teacher = Skriv enten brugernavnet alene, eller hele navnet til det lokale login: navn@domæne.
    .administrator = Tjek, at det udleverede brugernavn er rigtigt, og at domænet efter @ er det, som er aftalt.
    .operator = Der er ikke noget at rette. Sker det tit, så se på vejledningen til brugerne.

UL-104 = Vent lidt, før du prøver igen
    .line = { $unit ->
        [minutes] { $minutes ->
            [one] Du kan prøve igen om 1 minut.
           *[other] Du kan prøve igen om { $minutes } minutter.
        }
       *[seconds] { $seconds ->
            [one] Du kan prøve igen om 1 sekund.
           *[other] Du kan prøve igen om { $seconds } sekunder.
        }
    }
    .why = Der er skrevet en forkert adgangskode for mange gange.
    .user = Vent, og skriv så adgangskoden langsomt. Har du glemt den, kan din lærer hjælpe dig.
    .parent = Vent, og skriv så adgangskoden langsomt. Et barn, der har glemt sin, får en ny af sin lærer.
    .teacher = Giv eleven en ny adgangskode. Så behøver eleven ikke vente.
    .administrator = Ved I ikke, hvem der har prøvet, så giv brugeren en ny adgangskode.
    .operator = Se i hændelsesloggen, om mange konti rammes fra samme adresse. Så er det nok et angreb.

UL-105 = Log ind på en anden måde, eller vent
    .line = { $minutes ->
        [one] Du kan prøve igen her om 1 minut.
       *[other] Du kan prøve igen her om { $minutes } minutter.
    }
    .why = Nogen prøver lige nu at gætte adgangskoder. Derfor kan man for tiden kun logge ind med adgangskode på skolen, eller hvor man har gjort det før.
    .user = Brug en computer eller tablet, som du har logget ind på før, eller log ind på skolen. Har du { $eid }, så gå tilbage, og vælg det.
    .teacher = Log ind på skolens net, på din egen computer eller med { $eid }. Eleverne kan logge ind på skolen som de plejer.
    .board = Log eleven ind på skolens net eller på en enhed, som eleven har brugt før. En ny adgangskode hjælper ikke.
    .administrator = Får I beskeden på skolen, så bed dem, der driver { $product }, om at registrere skolens netværk.
    .operator = Hændelsesloggen viser alarmen (auth.spray_alarm), og hvad den gælder. Se vejledningen om alarmer.

UL-106 = Det login kan ikke bruges her
    .line = Vælg et andet.
    .why = { $service } tager ikke imod det login, som brugernavnet hører til.
    .user = Gå til listen over login, og vælg dit eget. Spørg din lærer, hvis du er i tvivl.
    .parent = Gå til listen over login, og vælg et af dem, der står der.
    .teacher = Gå til listen over login, og vælg et af dem, der står der. Mangler jeres eget, så spørg skolens administrator.
    .administrator = Leverandøren af tjenesten har bestemt, hvilke login den tager imod. Mangler jeres, så kontakt leverandøren.
    .operator = Se i tjenestens fil under upstreams, og i dens forespørgsel, hvilke login der må bruges.

UL-201 = Der skete en fejl
    .line = Denne bruger er ikke tilknyttet { $product }
    .why = Dit login gik godt, men det er ikke koblet til en konto her.
    .user = { $kind ->
        [local] Dit login hos { $upstream } er ikke koblet til en konto her. Spørg din skole.
        [none] Dit login er ikke koblet til en konto her. Spørg din skole.
       *[other] Dit { $eid } er ikke koblet til en konto her. Spørg din skole.
    }
    .teacher = { $kind ->
        [local] Kontakt den lokale it-ansvarlige, og giv dem koden og fejl-id'et.
       *[other] Prøv dit private { $eid }. Virker det, mangler dit CPR-nummer på dit { $eid } fra arbejdet. Bed den, der har udstedt det, om at tilføje CPR-nummeret.
    }
    .board = Elevens login er ikke koblet til en konto her. Kontakt den lokale it-ansvarlige.
    .administrator = { $kind ->
        [local] Kontrollér, at { $upstream } sender det UNI-ID eller CPR-nummer, som brugeren har i administrationssystemet.
       *[other] Kontrollér CPR-nummeret på erhvervsidentiteten og på brugeren i administrationssystemet. Har brugeren to brugernavne, skal det være det med CPR-nummer, der bruges.
    }
    .operator = Loggen viser under fejl-id'et, hvilke attributter { $upstream } sendte, og hvad der blev slået op: UNI-ID, CPR-nummer eller intet.

UL-202 = Der skete en fejl
    .line = Der er ingen aktører tilknyttet brugeren.
    .why = Vi fandt dig, men du hører ikke til en skole lige nu.
    .user = Din konto er ikke tilknyttet en skole lige nu. Spørg din skole.
    .teacher = Kontakt skolens administration.
    .administrator = Kontrollér stamdata, oplysninger om forældre eller værge, og alias ved navne- og adressebeskyttelse. Ret i administrationssystemet, og kør importen igen.
    .operator = Se i seneste importrapport, om tilknytningen blev afvist eller er udløbet.

UL-203 = Din konto er spærret
    .why = Skolen har spærret kontoen. Derfor kan ingen logge ind med den.
    .user = Spørg din skole, hvorfor kontoen er spærret.
    .teacher = Kontakt skolens brugeradministrator. Kun den kan ophæve spærringen.
    .administrator = Se, hvem der har spærret kontoen og hvornår. Ophæv spærringen, når grunden er væk.
    .operator = Spærringen er sat af en brugeradministrator og ophæves samme sted.

UL-204 = Der skete en fejl
    .line = Denne bruger er ikke tilknyttet { $product }
    .why = Dit { $eid } fra arbejdet gik godt, men det har ikke dit CPR-nummer med. Derfor kan vi ikke finde din konto.
    .user = Prøv dit private { $eid }.
    .teacher = Prøv dit private { $eid }. Virker det, mangler dit CPR-nummer på erhvervsidentiteten. Bed den, der har udstedt den, om at tilføje CPR-nummeret.
    .board = Elevens login er ikke koblet til en konto her. Kontakt skolens administration.
    .administrator = Tilføj CPR-nummeret til medarbejderens erhvervsidentitet i { $eid } Erhverv. Kontrollér også CPR-nummeret på brugeren i administrationssystemet.
    .operator = Loggen viser under fejl-id'et, hvilken virksomhed (CVR) identiteten hører til, og hvilke attributter { $upstream } sendte.

UL-205 = Du kan ikke bruge { $eid } her
    .why = Man kan kun logge ind med { $eid }, når skolen er en offentlig myndighed. Det er den skole, du er på vej ind for, ikke.
    .user = Log ind med dit brugernavn eller skolens eget login. Spørg din skole, hvis du ikke har et.
    .teacher = Log ind med brugernavn eller skolens eget login. Er du også på en offentlig skole, så vælg den, når du bliver spurgt.
    .board = Eleven skal logge ind med brugernavn eller skolens eget login.
    .administrator = Kontrollér brugerens tilknytninger. Er jeres skole en offentlig myndighed, så få det rettet i institutionens stamdata.
    .operator = { $upstream } har public_bodies_only, og mindst én af de valgte tilknytningers institutioner er ikke registreret som offentlig.

UL-301 = Det angivne domænenavn er ikke tilknyttet en identity provider
    .why = Vi kender ikke noget lokalt login, der hedder { $domain }.
    .user = Tjek det, du skrev efter @.
    .teacher = Tjek det, du skrev efter @. Brug små bogstaver. Du kan også finde jeres lokale login på listen.
    .administrator = Domænet er ikke registreret på et lokalt login. Kontakt kommunen eller leverandøren af jeres login.
    .operator = Tilføj domænet til det lokale login, hvis det skal kunne bruges.

UL-302 = Uventet fejl ved håndtering af autentifikationsforespørgsel til identity provider
    .why = Vi kunne ikke sende dig videre til { $upstream }.
    .user = Prøv igen om lidt. Virker det stadig ikke, så spørg skolens it-ansvarlige.
    .teacher = Kontakt den lokale it-ansvarlige.
    .administrator = Kontrollér det lokale logins metadata, certifikat og adresse. Kontakt kommunen eller leverandøren af jeres login.
    .operator = Metadata for { $upstream } mangler en brugbar adresse eller nøgle. Loggen viser, hvilken.

UL-303 = Uventet fejl ved autentifikation med identity provider
    .why = Vi kunne ikke godkende svaret fra { $upstream }.
    .user = Dit lokale login svarede ikke, som det skulle. Prøv igen.
    .teacher = Kontakt den lokale it-ansvarlige, og giv dem koden og fejl-id'et.
    .administrator = Send koden, fejl-id'et og navnet på kontrollen ({ $check }) til leverandøren af jeres login. Lad dem se på NameID, sikringsniveau og signatur.
    .operator = Svaret faldt på en kontrol ({ $check }). Hændelsesloggen har detaljerne under fejl-id'et.

UL-304 = Uventet fejl ved forbindelse til identity provider
    .why = Vi kunne ikke få fat i { $upstream }.
    .user = Prøv igen om lidt. Virker det stadig ikke, så sig det til skolen.
    .teacher = Spørg den lokale it-ansvarlige, om der er driftsproblemer.
    .administrator = Se driftsinfo. Kontakt kommunen eller leverandøren af jeres login, hvis der ikke står noget.
    .operator = Prøv forbindelsen til { $upstream } herfra: navneopslag, certifikat, svartid.

UL-305 = Login hos identity provider blev ikke gennemført
    .why = Vi fik at vide, at du ikke blev logget ind hos { $upstream }.
    .user = Prøv igen. Trykkede du selv på Annuller, er der ikke sket noget galt.
    .teacher = Prøv igen. Sker det hver gang, så kontakt den lokale it-ansvarlige.
    .administrator = Undersøg, om brugeren kan logge ind andre steder med samme login. Ellers skal det rettes dér.
    .operator = Svaret fra { $upstream } var et afslag. Loggen viser den status, der blev givet.

UL-306 = Denne identity provider er slået fra
    .why = Man kan ikke logge ind med { $upstream } lige nu. Nogen har slået det fra.
    .user = Log ind på en anden måde, eller spørg din skole.
    .teacher = Spørg den lokale it-ansvarlige, hvornår login virker igen.
    .administrator = Se driftsinfo. Kontakt kommunen, hvis I ikke har hørt om det.
    .operator = { $upstream } er slået fra i opsætningen.

UL-307 = Uventet fejl ved forbindelse til identity provider
    .line = { $seconds ->
        [one] Prøv igen om 1 sekund.
       *[other] Prøv igen om { $seconds } sekunder.
    }
    .why = { $upstream } svarer ikke lige nu, og mange venter allerede på det. Andre måder at logge ind på virker, som de plejer.
    .user = Vent lidt, og prøv igen, eller log ind på en anden måde. Virker det stadig ikke, så sig det til skolen.
    .teacher = Vent lidt, og prøv igen. Spørg den lokale it-ansvarlige, om der er driftsproblemer.
    .administrator = Se driftsinfo. Kontakt kommunen eller leverandøren af jeres login, hvis der ikke står noget.
    .operator = Så mange venter på { $upstream }, som der må (egress.at_once). Prøv forbindelsen herfra: navneopslag, certifikat, svartid.

UL-401 = Du skal logge ind på en mere sikker måde
    .why = Indholdet hos { $service } er følsomt. Det login, du har brugt, er ikke sikkert nok til det.
    .user = Log ind igen med { $eid }. Har du ikke { $eid }, så spørg din lærer.
    .parent = Log ind igen med { $eid }.
    .teacher = Log ind igen med { $eid }.
    .board = Elevens login er ikke sikkert nok til tjenesten. Har eleven { $eid }, kan eleven logge ind med det. Ellers kan eleven ikke bruge den nu.
    .administrator = Kontrollér, hvilket sikringsniveau jeres lokale login giver brugeren, og hvilket tjenesten kræver.
    .operator = Loggen viser, hvad der blev krævet, og hvad der kunne bevises.

UL-402 = Du skal logge ind først
    .why = { $service } spurgte, om du var logget ind. Det var du ikke, eller du mangler at vælge noget.
    .user = Gå tilbage til tjenesten, og tryk på log ind.
    .teacher = Gå tilbage til tjenesten, og tryk på log ind.
    .administrator = Sker det igen og igen, så kontakt leverandøren af tjenesten.
    .operator = Tjenesten bad om login uden spørgsmål til brugeren. Den skal selv spørge igen uden det krav.

UL-403 = Du kan ikke logge ind på den måde, tjenesten vil have
    .why = { $service } bad om et bestemt login. Det findes ikke her, eller det må ikke bruges.
    .user = Sig til din lærer, at tjenesten ikke virker.
    .parent = Sig til skolen, at tjenesten ikke virker.
    .teacher = Kontakt leverandøren af tjenesten.
    .administrator = Kontakt leverandøren af tjenesten, og spørg, hvilke login den beder om.
    .operator = Sammenlign de login, som tjenesten navngiver, med dem, den er godkendt til.

UL-404 = Tjenesten vil ikke have login gennem os
    .why = { $service } vil ikke have, at vi henter dit login et andet sted.
    .user = Sig til din lærer, at tjenesten ikke virker.
    .parent = Sig til skolen, at tjenesten ikke virker.
    .teacher = Kontakt leverandøren af tjenesten.
    .administrator = Kontakt leverandøren af tjenesten. Dens forespørgsel skal tillade, at vi sender brugeren videre.
    .operator = Forespørgslen har ProxyCount 0, og brugeren skal logge ind et andet sted.

UL-405 = Tjenesten spurgte om et navn, den ikke kan få
    .why = { $service } bad om at kende dig på en måde, som den ikke er godkendt til.
    .user = Sig til din lærer, at tjenesten ikke virker.
    .parent = Sig til skolen, at tjenesten ikke virker.
    .teacher = Kontakt leverandøren af tjenesten.
    .administrator = Kontakt leverandøren af tjenesten. Den skal bede om den slags navn, der er aftalt.
    .operator = Sammenlign den ønskede NameID-form med tjenestens registrering.

UL-406 = Det var en anden, der loggede ind
    .why = { $service } kræver et mere sikkert login. Du begyndte som én person, men { $upstream } bekræftede en anden.
    .user = Gå tilbage til tjenesten, og log ind igen. Brug dit eget login begge gange.
    .teacher = Gå tilbage til tjenesten, og log ind igen. Brug dit eget login begge gange.
    .board = To personer har brugt samme browser. Luk den, og lad eleven logge ind igen som sig selv.
    .administrator = Er det den samme person, så kontrollér, at CPR-nummeret er det samme på brugeren i jeres administrative system og hos { $upstream }.
    .operator = Det andet login i et skærpet login var ikke den samme bruger. Hverken det ene eller det andet login tæller.

UL-407 = Tjenesten kræver et login, som ingen kan give
    .why = { $service } bad om et sikringsniveau, som ingen af de login, den godtager, kan nå.
    .user = Sig til din lærer, at tjenesten ikke virker.
    .parent = Sig til skolen, at tjenesten ikke virker.
    .teacher = Kontakt leverandøren af tjenesten.
    .administrator = Kontakt leverandøren af tjenesten. Den skal bede om et sikringsniveau, som findes her.
    .operator = Loggen viser, hvad der blev krævet. Sammenlign med lofterne på de login, som tjenesten må bruge, og med det niveau, installationen er anmeldt til.

UL-501 = Vi kender ikke denne tjeneste
    .why = Den hjemmeside, du kom fra, er ikke registreret her.
    .user = Sig til din lærer, hvilken hjemmeside du kom fra.
    .parent = Sig til skolen, hvilken hjemmeside du kom fra.
    .teacher = Kontakt leverandøren af hjemmesiden.
    .administrator = Spørg leverandøren, om tjenesten er tilsluttet, og om den bruger det rigtige miljø.
    .operator = Det navn, som tjenesten gav, står i loggen. Tilføj det, hvis tjenesten skal være med.

UL-502 = Tjenesten sendte en besked, vi ikke kan godkende
    .why = Beskeden fra { $service } bestod ikke en kontrol. For at passe på dig stopper vi her.
    .user = Gå tilbage til tjenesten, og prøv igen. Virker det ikke, så sig det til din lærer.
    .parent = Gå tilbage til tjenesten, og prøv igen. Virker det ikke, så sig det til skolen.
    .teacher = Kontakt leverandøren af tjenesten, og giv dem koden og fejl-id'et.
    .administrator = Send koden, fejl-id'et og navnet på kontrollen ({ $check }) til leverandøren af tjenesten.
    .operator = Beskeden faldt på en kontrol ({ $check }). Er tjenestens certifikat skiftet, så opdatér dens metadata.

UL-503 = Tjenesten vil have svar på en adresse, vi ikke kender
    .why = { $service } har ikke registreret den adresse, den bad os svare på. Det kan være et forsøg på svindel.
    .user = Luk siden. Gå selv ind på tjenesten, og prøv igen. Virker det ikke, så sig det til din lærer.
    .parent = Luk siden. Gå selv ind på tjenesten, og prøv igen. Virker det ikke, så sig det til skolen.
    .teacher = Fulgte du et link, så lad være med at bruge det. Kontakt leverandøren af tjenesten.
    .administrator = Giv leverandøren koden og fejl-id'et. Adressen skal registreres, præcis som den bruges.
    .operator = Sammenlign adressen i loggen med dem, der er registreret. Tilføj den kun, når leverandøren har bekræftet den.

UL-504 = Tjenesten er slået fra
    .why = Man kan ikke logge ind på { $service } lige nu. Nogen har slået det fra.
    .user = Spørg din lærer, hvornår tjenesten virker igen.
    .parent = Spørg skolen, hvornår tjenesten virker igen.
    .teacher = Kontakt skolens brugeradministrator eller leverandøren af tjenesten.
    .administrator = Se driftsinfo. Kontakt leverandøren, hvis I ikke har hørt om det.
    .operator = Tjenesten er slået fra i opsætningen.

UL-505 = Du er logget ind, men har ikke adgang til indholdet på en given tjeneste
    .line = Dit { $product } virker, men giver dig ikke adgang til indholdet på tjenesten.
    .why = { $service } er ikke for den rolle, du har logget ind med.
    .user = Du skal kontakte leverandøren af denne tjeneste for at få hjælp. Er du elev, så spørg din lærer.
    .parent = Spørg skolen, om tjenesten er for forældre. Ellers skal du kontakte leverandøren af den.
    .teacher = Du skal kontakte leverandøren af denne tjeneste for at få hjælp.
    .administrator = Kontrollér licens og aktørgruppe for tjenesten.
    .operator = Tjenestens registrering siger, hvilke aktørgrupper den er for.

UL-506 = Du er logget ind, men har ikke adgang til { $service }
    .line = Din skole har ikke givet dig adgang.
    .why = { $service } kræver en licens. Hverken din skole, din klasse eller din rolle har en lige nu.
    .user = Spørg din lærer. Skolen kan give dig adgang.
    .parent = Spørg skolen. Den kan give adgang.
    .teacher = Bed skolens administrator om at give adgang til { $service }: for hele skolen, for en klasse eller for en rolle.
    .administrator = Giv adgang til tjenesten for skolen, klassen eller aktørgruppen. Har I givet adgang, så kontrollér klassen og datoerne, og at brugeren er i klassen.
    .operator = Ingen gældende licens til tjenesten passer på brugerens tilknytninger. Se på institution, aktørgruppe, klasse og datoer.

UL-601 = Det tog for lang tid
    .line = Log ind igen.
    .why = Et login skal gøres færdigt, inden der er gået for lang tid. Det er for din sikkerhed.
    .user = Gå tilbage til tjenesten, og log ind igen.
    .teacher = Gå tilbage til tjenesten, og log ind igen.
    .administrator = Går uret rigtigt på brugerens maskine? Ellers er der ikke noget at rette.
    .operator = Sker det for mange, så sammenlign urene på serverne.

UL-602 = Vi har mistet forbindelsen til dit login
    .line = Log ind igen.
    .why = Din browser sendte ikke det med tilbage, som vi gav den. Det sker for eksempel, når man bruger et gammelt bogmærke, eller når cookies er slået fra.
    .user = Gå tilbage til tjenesten, og log ind igen. Brug ikke et bogmærke til login-siden.
    .teacher = Gå tilbage til tjenesten, og log ind igen. Tjek, at browseren tillader cookies.
    .administrator = Tjek, at skolens browsere tillader cookies fra denne adresse.
    .operator = Står der mere end én server bag samme adresse, skal de dele nøgler.

UL-603 = Dette login er allerede brugt
    .why = Du har brugt knappen Tilbage efter at være logget ind. Et login kan kun bruges én gang.
    .user = Gå tilbage til tjenesten. Måske er du allerede logget ind.
    .teacher = Gå tilbage til tjenesten. Måske er du allerede logget ind.
    .administrator = Sker det uden knappen Tilbage, så kontakt leverandøren af tjenesten.
    .operator = Svaret er allerede givet. Et svar nummer to for samme forespørgsel gives aldrig.

UL-604 = Vi kører i ring
    .why = Din browser blev sendt frem og tilbage for mange gange. Vi stopper her, så det ikke bliver ved.
    .user = Luk alle faner i browseren, og prøv igen. Virker det ikke, så sig det til din lærer.
    .parent = Luk alle faner i browseren, og prøv igen. Virker det ikke, så sig det til skolen.
    .teacher = Slet cookies for tjenesten, og prøv igen. Ellers skal du kontakte leverandøren af tjenesten.
    .administrator = Tjenesten husker nok ikke, at brugeren er logget ind. Giv leverandøren koden og fejl-id'et.
    .operator = Loggen viser rækken af forespørgsler under fejl-id'et.

UL-605 = Siden var for gammel
    .line = Prøv igen.
    .why = Siden havde været åben for længe, eller den kom ikke fra os. For at passe på dig gemte vi ikke det, du sendte.
    .user = Gå tilbage til tjenesten, og log ind igen.
    .teacher = Gå tilbage til tjenesten, og log ind igen. Tjek, at browseren tillader cookies.
    .administrator = Sker det for mange, så tjek skolens browserudvidelser og webfilter.
    .operator = Se i loggen, om det var formularens nøgle eller dens herkomst, der ikke passede.

UL-606 = Siden findes ikke
    .why = Der er ikke noget på denne adresse.
    .user = Tjek adressen, eller gå til forsiden.
    .teacher = Tjek adressen, eller gå til forsiden.
    .administrator = Kom I hertil fra et link, så sig det til den, der ejer linket.
    .operator = Sker det tit fra samme sted, så se, hvem der linker hertil.

UL-607 = Beskeden er for stor
    .why = Der blev sendt mere, end en rigtig besked fylder.
    .user = Gå tilbage, og prøv igen. Virker det ikke, så sig det til din lærer.
    .parent = Gå tilbage, og prøv igen. Virker det ikke, så sig det til skolen.
    .teacher = Kontakt leverandøren af tjenesten eller den lokale it-ansvarlige.
    .administrator = Sender det lokale login mange grupper med? Bed leverandøren om kun at sende det aftalte.
    .operator = Loggen viser, hvor stor beskeden var, og hvem den kom fra.

UL-608 = Den adresse er ikke vores
    .why = Din browser spurgte efter et navn, som vi ikke svarer på.
    .user = Tjek adressen i toppen af browseren.
    .teacher = Tjek adressen i toppen af browseren. Fulgte du et link, så lad være med at bruge det.
    .administrator = Tjek, at links og opsætning bruger den rigtige adresse.
    .operator = Kun den adresse, der står i opsætningen, bliver besvaret. Se efter en fejl i navneopslag eller proxy.

UL-609 = Du er ikke logget ud her
    .why = Beskeden om at logge ud bestod ikke en kontrol. Derfor gjorde vi ikke noget.
    .user = Tryk på Prøv igen, hvis knappen er der, og log ud. Luk browseren helt, hvis andre bruger computeren.
    .teacher = Log ud med knappen, hvis den er der, eller luk browseren helt. Kontakt leverandøren af tjenesten, hvis det sker igen.
    .administrator = Giv leverandøren af tjenesten koden og fejl-id'et.
    .operator = Loggen viser, hvilken kontrol beskeden faldt på.

UL-900 = Noget gik galt hos os
    .why = Det er ikke noget, du har gjort.
    .user = Prøv igen om lidt. Virker det stadig ikke, så giv koden og fejl-id'et til din lærer.
    .parent = Prøv igen om lidt. Virker det stadig ikke, så giv koden og fejl-id'et til skolen.
    .teacher = Prøv igen om lidt. Virker det stadig ikke, så giv koden og fejl-id'et til den it-ansvarlige.
    .administrator = Se driftsinfo. Send koden og fejl-id'et til dem, der driver { $site }.
    .operator = Årsagen står i loggen under fejl-id'et.

UL-901 = Der er meget travlt lige nu
    .line = { $seconds ->
        [one] Prøv igen om 1 sekund.
       *[other] Prøv igen om { $seconds } sekunder.
    }
    .why = Mange logger ind på samme tid, og vi kan ikke følge med.
    .user = Vent lidt, og prøv igen.
    .teacher = Vent lidt, og prøv igen. Lad gerne klassen logge ind i to hold.
    .administrator = Se driftsinfo. Bliver det ved, så skriv til dem, der driver { $site }.
    .operator = Se på belastningen. Grænsen for samtidige login er nået.

UL-902 = Vi kan ikke logge nogen ind lige nu
    .line = { $seconds ->
        [one] Prøv igen om 1 sekund.
       *[other] Prøv igen om { $seconds } sekunder.
    }
    .why = Det sted, hvor vi gemmer oplysninger om login, svarer ikke. Uden det kan vi ikke passe på dit login, så vi stopper her.
    .user = Vent lidt, og prøv igen. Bliver det ved, så sig det til din lærer.
    .parent = Vent lidt, og prøv igen. Bliver det ved, så sig det til skolen.
    .teacher = Vent lidt, og prøv igen. Se driftsinfo, hvis det bliver ved.
    .administrator = Se driftsinfo. Bliver det ved, så skriv til dem, der driver { $site }, med koden og fejl-id'et.
    .operator = Databasen er væk, fuld, låst eller kan kun læses. Loggen viser hvilket under fejl-id'et. Portner går videre af sig selv, når den er tilbage.
