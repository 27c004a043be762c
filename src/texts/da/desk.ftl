# Brugeradministrationen.

desk-heading = Brugeradministration
desk-choose = Vælg den institution, du vil arbejde med.
desk-none = Du er ikke brugeradministrator på nogen institution. Rettigheden gives af en, der har den.
desk-nav = Brugeradministration
desk-nav-front = Overblik
desk-nav-newcomers = Nye medarbejdere
desk-nav-by-hand = Manuelle tilknytninger
desk-nav-imports = Importer
desk-nav-administrators = Administratorer

desk-denied-heading = Det har du ikke adgang til
desk-denied = Siden findes ikke her, eller den hører til en anden institution end dem, du er brugeradministrator for. Forsøget er skrevet i hændelsesloggen.
desk-denied-front = Til dine institutioner

desk-why-not-in-your-hands = Kontoen hører ikke til jer alene. Elever kan I spærre, give koder og give en anden adgangskoderegel. Ansatte kan I kun give den første kode, og forældre og gæster intet.
desk-why-yourself = Det er din egen konto. Bed en anden administrator om at gøre det.
desk-why-own-secret = Brugeren har eller har haft sin egen adgangskode. Koder er kun til første login. Elever får en ny adgangskode i Elevadgang, ansatte med { $eid }.
desk-why-already-here = Brugeren er allerede tilknyttet på den måde, eller kontoen er lukket.
desk-why-told-by-source = Tilknytningen kommer fra et kildesystem eller fra driften. Ret den dér.
desk-why-last = Der skal altid være mindst én administrator, som kan logge ind med to faktorer. Giv en anden rettigheden først.
desk-why-not-employed = Kun medarbejdere på institutionen kan være administratorer.
desk-why-nothing-to-do = Der var ikke noget at ændre. Måske har en anden gjort det i mellemtiden.
desk-why-nobody = Ingen har præcis det brugernavn eller UNI-ID.
desk-why-day = Den sidste dag skal være i dag eller senere, og højst et år ude i fremtiden. Skriv den som 2027-06-30.
desk-why-anothers-block = Spærringen er sat af en anden institution eller af driften. Kun de kan ændre den.
desk-why-pupil-employed = Brugeren er elev. Med en medarbejderrolle får eleven adgang som ansat, og en lærerrolle lader eleven give andre elever nye adgangskoder. Er det meningen, så sæt kryds nederst, og send igen. Det skrives i hændelsesloggen.
desk-why-choice = Vælg en af mulighederne.
desk-why-reason = Skriv en begrundelse på 3 til 200 tegn.
desk-why-number = Der må ikke stå et CPR-nummer i begrundelsen.

desk-reason = Begrundelse
desk-reason-hint = Skrives i hændelsesloggen. Ingen CPR-numre.
desk-choose-one = Vælg

desk-search = Find en person
desk-search-hint = Navn, brugernavn, helt UNI-ID eller nummer i kildesystemet
desk-search-do = Søg
desk-search-found = { $count ->
    [0] Ingen fundet. Er personen ny, så se under Importer, om rækken blev indlæst.
    [one] 1 fundet
   *[other] { $count } fundet
  }
desk-search-gone = er her ikke længere
desk-search-blocked = spærret

desk-attention = Det skal du se på
desk-attention-calm = Intet lige nu.
desk-attention-quiet = { $source }: der er ikke kommet en import i { $days } dage. Kommer der ingen, lukkes brugerne { $day }.
desk-attention-refused = { $source }: { $count } rækker i den seneste import blev ikke indlæst.
desk-attention-held = { $source }: en import venter på, at driften godkender den.
desk-attention-ending = { $name }: tilknytningen slutter { $day }.
desk-attention-alone = Du er den eneste administrator, der kan logge ind. Giv en til rettigheden, så institutionen ikke står uden.
desk-sources = Kildesystemer
desk-source = { $source }: seneste import { $day }
desk-no-sources = Institutionen har intet kildesystem. Brug manuelle tilknytninger.
desk-classes = Klasser og hold
desk-classes-none = Ingen klasser med elever.
desk-pupils = { $count ->
    [one] 1 elev
   *[other] { $count } elever
  }

desk-protected = Navne- og adressebeskyttet: kun aliaset vises.
desk-user-name = Brugernavn
desk-uni-id = UNI-ID
desk-is = Er her
desk-level = Klassetrin
desk-groups = Klasser og hold
desk-contacts = Kontaktpersoner
desk-contacts-count = { $all }, heraf { $custody } med forældremyndighed
desk-elsewhere = Kontoen bruges også på en anden institution.
desk-oneself = Det er din egen konto.

desk-trouble = Kan ikke logge ind?
desk-trouble-now = Lige nu
desk-trouble-clear = Intet er i vejen lige nu: kontoen er åben og har sin egen adgangskode.
desk-trouble-blocked = Kontoen er spærret for alle login. Se under Spærring.
desk-trouble-blocked-central = Kontoen er spærret i det centrale login, men et lokalt login virker stadig. Se under Spærring.
desk-trouble-blocked-operators = Kontoen er spærret af driften. Kontakt dem.
desk-trouble-ended = Brugeren har ingen aktiv tilknytning siden { $day }. Se efter i kildesystemet, om personen er meldt ud, og kør importen igen.
desk-trouble-not-begun = Tilknytningen begynder først { $day }.
desk-trouble-clear-eid = Intet er i vejen lige nu: kontoen er åben. Den har ingen adgangskode her, så brugeren logger ind med { $eid }.
desk-trouble-clear-local = Intet er i vejen lige nu: kontoen er åben. Den har ingen adgangskode her, så brugeren logger ind med jeres lokale login.
desk-trouble-no-code = Brugeren har ingen adgangskode og har aldrig fået en kode. Lav en herunder.
desk-trouble-no-way-in = Brugeren har ingen adgangskode og har aldrig fået en kode, og { $eid } finder ikke kontoen, for den har ikke noget CPR-nummer. Skriv nummeret i kildesystemet, eller bed driften om en kode.
desk-trouble-others-code-ran-out = Koden til login udløb { $day }, og den kan ikke laves her. Bed driften om en ny.
desk-trouble-password-dead = Adgangskoden er spærret siden { $day }, fordi en lærer eller administrator sagde, at det ikke var eleven, der fik den. Giv eleven en ny.
desk-trouble-to-elevadgang = Til Elevadgang
desk-trouble-code-waits = En engangskode venter på at blive brugt. Den gælder til { $day }.
desk-trouble-code-ran-out = Koden til første login udløb { $day }. Lav en ny herunder.
desk-trouble-not-identified = Kontoen er ikke knyttet til et CPR-nummer, så { $eid } finder den ikke. Mangler nummeret i kildesystemet, så ret det dér.

desk-advice-code = Brugeren har ingen egen adgangskode endnu. Vis eller lav koden til første login herunder.
desk-advice-elevadgang = Har eleven glemt sin adgangskode, så giv en ny i Elevadgang. Det kan elevens lærer også.
desk-advice-renew = Har brugeren glemt sin adgangskode, laver brugeren selv en ny med { $eid }. Det sker på login-siden under »Glemt adgangskode«.
desk-advice-local = Brugeren logger ind med jeres lokale login. Spørg dem, der driver det, om en ny adgangskode dér.
desk-advice-operators = Har brugeren glemt sin adgangskode, kan driften lave en engangskode. Ingen kan slå adgangskoden op.
desk-advice-affiliated-now = Brugeren er tilknyttet nu. Bed brugeren prøve igen.
desk-advice-source = Tilknytningen fra kildesystemet gælder ikke lige nu. Er det en fejl, så ret den dér, og kør importen igen.
desk-advice-by-hand = Tilknytningen er slut. Skal brugeren ind igen, så tilknyt brugeren under Manuelle tilknytninger.
desk-advice-unblock = Ophæv spærringen herunder, når grunden er væk.
desk-advice-unblocked = Kontoen er ikke spærret længere. Bed brugeren prøve igen.
desk-advice-stronger = Tjenesten kræver et stærkere login end en adgangskode. Bed brugeren vælge { $eid } på login-siden.
desk-advice-stronger-pupil = Tjenesten kræver et stærkere login end elevens adgangskode, og { $eid } finder ikke kontoen, for den har ikke noget CPR-nummer.
desk-advice-stronger-no-number = Tjenesten kræver et stærkere login end en adgangskode, og { $eid } finder ikke kontoen, for den har ikke noget CPR-nummer. Skriv nummeret i kildesystemet.
desk-trouble-lately = Afviste login de seneste 30 dage
desk-trouble-none = Ingen. Skriver nogen et brugernavn, som ikke findes, står det ikke her: kontrollér stavningen.
desk-trouble-through = gennem { $upstream }
desk-trouble-to = til { $service }
desk-trouble-reference = Fejl-id

desk-latest = I seneste import?
desk-latest-yes = Ja, i importen { $day }.
desk-latest-gone = Nej. Personen var ikke med i importen { $day } og er meldt ud.
desk-latest-refused = Rækken blev ikke indlæst { $day }: { $what } { $remedy }
desk-latest-none = Intet kildesystem fortæller om tilknytningen.
desk-latest-see = Se importen

desk-affiliations = Tilknytninger her
desk-from-source = fra { $source }, nummer { $id }
desk-from-hand = skrevet manuelt
desk-from-operator = skrevet af driften
desk-ends = slutter { $day }
desk-ended = slut { $day }
desk-begins = begynder { $day }
desk-active = gælder

desk-rule = Adgangskoderegel
desk-rule-holds = Reglen er: { $rule }.
desk-rule-none = Ingen regel gælder, for kontoen er intet lige nu.
desk-rule-set = Sat { $day } af { $who }: { $reason }
desk-rule-what = Du kan give eleven en anden regel end klassetrinnets, i begge retninger. Den nuværende adgangskode gælder, indtil reglen kræver en ny.
desk-rule-field = Ny regel
desk-rule-do = Sæt reglen
desk-rule-lift = Lad klassetrinnets regel gælde igen
desk-rule-indskoling = indskoling (fire billeder)
desk-rule-mellemtrin = mellemtrin (to ord)
desk-rule-udskoling = udskoling (to ord og to cifre)
desk-rule-ungdomsuddannelse = ungdomsuddannelse (to ord og to cifre)
desk-rule-kontaktperson = kontaktperson
desk-rule-ekstern = ekstern
desk-rule-medarbejder = medarbejder

desk-code = Kode til første login
desk-code-what = Koden virker én gang og kun, indtil brugeren har lavet sin egen adgangskode. Hver visning skrives i hændelsesloggen.
desk-code-show = Vis koden
desk-code-make = Lav en kode
desk-code-make-another = Lav en ny kode (den, brugeren har fået, holder op med at virke)
desk-code-own = Brugeren har sin egen adgangskode. Ingen kan læse den.
desk-code-until = gælder til { $day }
desk-code-state-none = har aldrig fået en kode
desk-code-state-readable = har en kode, der kan vises
desk-code-state-handed = har brugt eller fået en kode, men mangler sin egen adgangskode
desk-code-state-ran-out = koden er udløbet
desk-code-state-replaced = har fået en engangskode af driften eller supporten i stedet for sin egen adgangskode
desk-code-state-replaced-ran-out = engangskoden fra driften eller supporten er udløbet
desk-code-state-own = har sin egen adgangskode
desk-code-state-dead = adgangskoden er spærret: det var ikke eleven, der fik den
desk-codes-heading = Koder til første login
desk-codes-do = Vis og lav koder
desk-codes-what = Alle, der endnu ikke har deres egen adgangskode, får en kode vist. Koder laves til dem, der ingen har.
desk-codes-hand-out = Klip siden i strimler, og giv hver sin egen. Koden virker én gang.
desk-codes-back = Skjul koderne
desk-column-name = Navn
desk-column-code = Kode
desk-column-state = Adgangskode
desk-class-empty = Der er ingen elever i klassen lige nu.
desk-newcomers-what = Medarbejdere og eksterne, der endnu ikke har deres egen adgangskode.
desk-newcomers-none = Alle har deres egen adgangskode.

desk-block = Spærring
desk-block-what = En spærring stopper det centrale login og lukker det, brugeren har åbent. Den stopper ikke et lokalt login hos kommunen eller { $eid }, medmindre du sætter kryds ved det herunder.
desk-block-through = Spær også via broker: lokale login og { $eid } stoppes også
desk-block-do = Spær kontoen
desk-block-undo = Ophæv spærringen
desk-block-set = Spærret { $day } af { $who }: { $reason }
desk-block-everything = Spærringen gælder alle login.
desk-block-central = Spærringen gælder kun det centrale login. Et lokalt login virker stadig.
desk-block-more = Ret spærringen

desk-right = Administratorrettighed
desk-right-has = Brugeren er administrator her.
desk-right-has-not = Brugeren er ikke administrator her.
desk-right-what = En administrator ser alle på institutionen, læser koder til første login og kan selv give andre rettigheden. Den virker kun efter et login med to faktorer.
desk-right-grant = Gør til administrator
desk-right-withdraw = Fjern rettigheden
desk-administrators-what = Søg en medarbejder frem fra overblikket for at give rettigheden.
desk-administrator-cannot-come = kan ikke logge ind
desk-administrator-since = siden { $day }, givet af { $who }

desk-by-hand-what = Til skoler uden kildesystem, og til gæster. Tilknytningen har altid en sidste dag, højst et år frem.
desk-by-hand-none = Ingen manuelle tilknytninger lige nu.
desk-by-hand-add = Tilknyt en bruger
desk-by-hand-name = Brugernavn eller UNI-ID, præcis som brugeren har det
desk-by-hand-role = Rolle
desk-by-hand-day = Sidste dag
desk-by-hand-day-hint = For eksempel 2027-06-30
desk-by-hand-employs-pupil = Ja, eleven skal være medarbejder her
desk-by-hand-do = Tilknyt
desk-prolong = Flyt sidste dag
desk-prolong-do = Flyt
desk-end = Afslut tilknytningen nu
desk-end-do = Afslut

desk-imports-none = Der er ingen importer.
desk-import-of = Import fra { $source }
desk-import-kind-full = fuld
desk-import-kind-delta = ændringer
desk-import-kind-removal = fjernelser
desk-import-state-applied = indlæst
desk-import-state-held = venter på godkendelse
desk-import-state-refused = afvist
desk-import-state-overtaken = overhalet af en senere
desk-import-counts = { $added } nye, { $changed } ændrede, { $left } ude, { $refused } rækker ikke indlæst
desk-import-reasons = Derfor
desk-import-findings = Fejl i rækkerne
desk-import-findings-none = Ingen fejl.
desk-import-line = linje { $line }
desk-import-search = Er en person med? (Vis importerede)
desk-import-search-latest = Svaret gælder den seneste import fra kildesystemet, som blev indlæst { $day }, og ikke den her.
desk-import-search-none = Ingen import fra kildesystemet er indlæst endnu, så ingen er med.
desk-standing-refused-here = i den her import blev rækken ikke indlæst: { $what } { $remedy }
desk-standing-present = er med i seneste import
desk-standing-gone = er ikke med og er meldt ud
desk-standing-refused = rækken blev ikke indlæst: { $what } { $remedy }
desk-standing-unknown = kildesystemet har aldrig sendt nogen med det navn eller nummer. Kontakt leverandøren af systemet, hvis personen burde være der.

desk-history = Historik
desk-history-none = Ingen ændringer.
desk-change-added = tilknyttet
desk-change-left = meldt ud
desk-change-restored = tilknyttet igen
desk-change-name = nyt navn
desk-change-protection = navne- og adressebeskyttelse ændret
desk-change-number = CPR-nummer ændret
desk-change-birth-date = fødselsdag ændret
desk-change-group = anden slags tilknytning
desk-change-roles = roller ændret
desk-change-level = klassetrin ændret
desk-change-stage = skoletrin ændret
desk-change-memberships = klasser og hold ændret
desk-change-contacts = kontaktpersoner ændret
desk-change-term = sidste dag flyttet
desk-change-source = andet kildesystem
desk-change-purged = kontoen slettet

desk-act-code-made = { $who } lavede en kode til første login
desk-act-code-viewed = { $who } læste koden til første login
desk-act-rule-set = { $who } satte adgangskodereglen { $detail }
desk-act-rule-lifted = { $who } lod klassetrinnets adgangskoderegel gælde igen
desk-act-blocked = { $who } spærrede kontoen
desk-act-unblocked = { $who } ophævede spærringen
desk-act-affiliation-added = { $who } tilknyttede brugeren manuelt
desk-act-pupil-employed = { $who } gjorde eleven til medarbejder manuelt
desk-act-affiliation-prolonged = { $who } flyttede den sidste dag
desk-act-affiliation-ended = { $who } afsluttede tilknytningen
desk-act-affiliation-vouched = { $who } sagde god for tilknytningen
desk-act-affiliation-confirmed = { $who } sagde også god for tilknytningen, som nu er bekræftet
desk-act-right-granted = { $who } gjorde brugeren til administrator
desk-act-right-withdrawn = { $who } fjernede administratorrettigheden
desk-act-viewed = { $who } så oplysningerne
desk-act-opened = { $who } gav lov til en ny adgangskode i Elevadgang
desk-act-undone = { $who } sagde, at det ikke var eleven, der fik den nye adgangskode
desk-act-name-shown = { $who } så brugernavnet i Elevadgang
desk-act-name-printed = { $who } udskrev brugernavnet i Elevadgang

desk-who-other = en anden administrator
desk-who-program = systemet { $name }
desk-who-operator = driften

desk-done-rule = Reglen er ændret.
desk-done-block = Spærringen er ændret. Det, brugeren havde åbent, er lukket.
desk-done-unblock = Spærringen er ophævet.
desk-done-right = Rettigheden er ændret.
desk-done-left = Du har fjernet din egen rettighed og er ikke længere administrator dér.
desk-done-added = Brugeren er tilknyttet.
desk-done-prolonged = Den sidste dag er flyttet.
desk-done-ended = Tilknytningen er slut.

desk-waiting = Ikke bekræftet
desk-waiting-since = Jeres system har fortalt om personen siden { $day }, men personen hører også til hos en anden, og ingen har bekræftet, at personen er jeres.
desk-waiting-what = Indtil det er bekræftet, kan I ikke give en ny adgangskode, læse en kode, ændre reglen eller spærre kontoen, og kontaktpersoner, som kun I fortæller om, får ikke forældremyndighed her. Det bliver bekræftet, når personen selv vælger jer ved et login, når den anden melder personen ud, eller når to administratorer her siger god for det.
desk-waiting-vouched = { $who } har sagt god for det. En anden administrator skal også gøre det.
desk-waiting-do = Sig god for, at personen er vores
desk-change-confirmed = tilknytningen bekræftet
desk-done-vouched = Du har sagt god for tilknytningen. Nu mangler en anden administrator.
desk-done-confirmed = Tilknytningen er bekræftet.
desk-why-said-already = Du har allerede sagt god for det. Det skal en anden administrator også.
desk-why-local-login = Skolen har sit eget login, og brugeren har ingen adgangskode her. En kode ville gå uden om skolens login.

# Skrivebordet for programmer: det, som et program får som »detail«.
api-unknown = Intet program er registreret med det token eller det certifikat.
api-ended = Programmets adgang er udløbet. Driften kan give det en ny.
api-too-fast = Programmet spørger for ofte. Vent, og spørg igen.
api-scope = Programmet må ikke dette: { $scope } mangler i indstillingerne.
api-not-yours = Det findes ikke på institutionen, eller programmet arbejder ikke for den. Forsøget er skrevet i hændelsesloggen.
api-no-such-place = Den adresse findes ikke.
api-method = Adressen skal spørges på en anden måde.
api-unreadable = Det sendte er ikke det, der er beskrevet. Læsningen stoppede ved: { $place }
api-too-long = Det sendte er længere end noget, der er beskrevet.
api-failed = Noget hos os gik galt. Prøv igen om lidt.

# En import, der venter på nogen.
desk-import-state-discarded = kasseret
desk-decide = Skal importen indlæses?
desk-decide-what = Den ændrer mere, end der indlæses uden at spørge. Det her ville den ændre lige nu.
desk-decide-delivered-by = Den er leveret af { $by }.
desk-decide-adults = Voksne: { $added } nye, { $left } ude
desk-decide-class = { $class }: { $before } elever før, { $after } efter, { $left } forlader skolen
desk-decide-role = Rollen { $role } får { $by } flere
desk-decide-leaving = Ude er blandt andre (kildesystemets id): { $ids }
desk-decide-confirm = Indlæs importen
desk-decide-discard = Kassér importen
desk-why-file-gone = Filen er ikke gemt her. Lad kildesystemet sende igen, eller bed driften om at godkende den med filen.
desk-why-import-changed = Importen ville nu ændre noget andet, end det der blev vist, eller den kan ikke indlæses længere. Se på den igen, eller lad kildesystemet sende igen.
desk-done-import-taken = Importen er indlæst.
desk-done-import-refused = Importen kunne ikke indlæses. Hvorfor står her.
desk-done-import-discarded = Importen er kasseret. Intet er ændret.
