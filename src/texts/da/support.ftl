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
