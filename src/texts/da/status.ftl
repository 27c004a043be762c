# Driftsinfo.

status-heading = Driftsinfo
status-all-well = Alt virker, som det skal.
status-some-trouble = Ikke alle login virker lige nu.
status-as-of = Opdateret { $time }
status-notices = Meddelelser
status-logins = Login
status-ok = Virker
status-trouble = Problemer
status-off = Slået fra
status-feeds = Oplysninger fra andre
status-feeds-what = Herfra hentes, hvilke login og tjenester der findes. Går det ikke, bruges det, der blev hentet sidst.
status-feed-ok = Hentes som den skal
status-feed-late = Kunne ikke hentes sidst
status-feed-waits = En ændring bliver set efter
