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
