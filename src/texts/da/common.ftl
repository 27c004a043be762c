# Det, som flere sider siger.

skip-to-content = Gå til indholdet
other-language = In English
notices-label = Meddelelser om driften
footer-label = Hjælp og drift
footer-support = Hjælp
footer-status = Driftsinfo
error-title = Fejl: { $headline }
for-service = Du er på vej til
back-to-front = Til forsiden
back-to-service = Tilbage til { $service }
to-front-page = Til forsiden
back = ← Tilbage
continue = Fortsæt
other-options = Andre muligheder
help-with-code = Hjælp ({ $code })

# Navne til det, der ikke har et.
that-service = tjenesten
that-login = det lokale login
that-domain = det, du skrev efter @
that-check = står på fejlsiden

# Hvis sag er det?
blame-user = Du kan selv løse det.
blame-school = Fejlen ligger hos skolen eller i dens administrationssystem.
blame-upstream = Fejlen ligger hos det login, du valgte, og ikke hos { $site }.
blame-service = Fejlen ligger hos tjenesten og ikke hos { $site }.
blame-us = Fejlen ligger hos { $site }.
