# Hjælpesiden.

support-heading = Hjælp til at logge ind
support-what = Find koden fra fejlsiden, og se, hvad du kan gøre.
support-pupil = Er du elev eller studerende, så spørg først din lærer.
support-contact = Hjælper det ikke, så kontakt { $contact }. Giv dem koden, tiden og fejl-id'et.
support-codes = Alle koder
support-user = Bruger eller elev
support-teacher = Lærer eller ansat
support-administrator = Brugeradministrator
support-operator = Driften af { $site }

help-roles = Hjælp til hver rolle
help-for-pupils = Hjælp til elever
help-for-parents = Hjælp til forældre
help-for-teachers = Hjælp til lærere og ansatte
help-for-administrators = Hjælp til brugeradministratorer
help-errors = Fejl, årsager og hvad du kan gøre
help-more-errors = Alle andre fejl
help-says = Står der »{ $what }«, så:
help-may-say = Der kan stå: »{ $what }«.
help-error = Står der …
help-cause = … så er grunden
help-do = … og det kan du gøre
help-log-in = Sådan logger du ind
help-name = Skriv dit brugernavn med små bogstaver, og tryk på »Næste«. Har dit brugernavn et @, kommer du videre til din egen skoles eller kommunes login.
help-local = Du skal kun skrive din adgangskode på den side, du plejer at se. Er siden en anden, så spørg en voksen først.
help-window = Når læreren har hjulpet dig, har du fem minutter. Skriv kun dit brugernavn, så får du en ny adgangskode.
help-child-heading = Når dit barn har glemt sin adgangskode
help-child = Log ind med { $eid }, vælg barnet, og lav den nye adgangskode sammen med barnet. På skolen kan læreren gøre det samme.
help-board-heading = Klassens tavle
help-own-heading = Din egen adgangskode
help-administrator = Her finder du institutionens brugere, giver nye medarbejdere deres første kode, vælger en elevs adgangskoderegel og spærrer en elev.
help-imports = Mangler en bruger, så se i den seneste import, om rækken kom med, og hvad der skal rettes i skolens system.
