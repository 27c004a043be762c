# Vejen gennem et login.

name-heading = Log ind
name-label = Brugernavn
name-next = Næste
name-did-you-mean = Mente du det her efter @?
name-other-ways = Log ind med f.eks. { $eid }
name-find = Få mit eller mit barns brugernavn

password-heading = Log ind
password-user = Brugernavn
password-label = Adgangskode
password-log-in = Log ind
password-new = Få en ny adgangskode

chooser-heading = Vælg login
chooser-last-used = Sidst brugte du
chooser-others = Eller vælg
chooser-search-label = Søg efter lokalt login
chooser-search = Søg
chooser-none = Ingen lokale login passer til “{ $query }”.
chooser-count = { $count ->
    [one] 1 lokalt login
   *[other] { $count } lokale login
}
chooser-more = { $count ->
    [one] Der er 1 mere. Skriv lidt af navnet for at finde dit.
   *[other] Der er { $count } flere. Skriv lidt af navnet for at finde dit.
}

account-heading = Vælg brugernavn
account-why = Du har mere end ét brugernavn. Hvilket vil du bruge nu?

choose-one = Vælg én af dem, før du trykker på Fortsæt.
actor-heading = Vælg rolle
actor-why = Hvor hører du til denne gang?
actor-confirms = Når du vælger et sted, siger du også, at det er rigtigt, at du hører til dér.
role-barn = Barn
role-elev = Elev
role-studerende = Studerende
role-laerer = Lærer
role-paedagog = Pædagog
role-vikar = Vikar
role-leder = Leder
role-ledelse = Ledelse
role-tap = TAP
role-konsulent = Konsulent
role-praktikant = Praktikant
role-ekstern = Ekstern
group-elev = Elev
group-medarbejder = Medarbejder
group-ekstern = Ekstern
group-kontaktperson = Forælder eller anden kontaktperson

repost-heading = Et øjeblik
repost-to = Du bliver sendt videre til { $receiver }.
repost-on = Du bliver sendt videre.
repost-if-stuck = Sker der ikke noget, så tryk på Fortsæt.

refusal-do = Det kan du gøre
refusal-retry = Prøv igen
refusal-licence = Sådan får du adgang til { $service }
refusal-helpers = Til den, der hjælper
refusal-help = Hjælp hos { $party }
refusal-contact = Kontakt: { $contact }
role-teacher = Lærer eller ansat
role-administrator = Brugeradministrator
role-operator = Driften af { $site }
refusal-code = Kode
refusal-time = Tid
refusal-reference = Fejl-id
refusal-copy = Kopiér
refusal-copied = Kopieret

front-heading = Ét login til skolen
front-what = { $site } er dørvogteren. Her viser du, hvem du er, og så kommer du ind på skolens tjenester.
front-start = Begynd på den hjemmeside, du vil bruge, og tryk på log ind. Så kommer du hertil af sig selv.
front-support = Hjælp til at logge ind
front-status = Driftsinfo
