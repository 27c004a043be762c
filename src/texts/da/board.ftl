# Klassens tavle: hvem er logget ind, og hvem sidder fast.

board-open = Åbn tavlen for { $class }
board-heading = Tavle for { $class }
board-to-desk = Alle klasser
board-still = Siden følger ikke med af sig selv.
board-look-again = Hent den igen hvert 20. sekund
board-look-no-more = Lad være med at hente den igen
board-over = Tavlen følger ikke med mere. Du er logget ud, eller klassen er ikke din mere. Opdater siden for at se, hvordan det står.
board-displaced = Tavlen følger ikke med mere, for du har åbnet flere andre. Opdater siden, hvis du vil bruge den her.
board-lost = Forbindelsen er væk lige nu. Tavlen prøver selv igen.

board-inside = { $count } af { $all } er logget ind
board-stuck-count = { $count ->
    [0] Ingen sidder fast
    [one] 1 sidder fast
   *[other] { $count } sidder fast
}
board-helped-count = { $count ->
    [0] Ingen er ved at få en ny adgangskode
    [one] 1 er ved at få en ny adgangskode
   *[other] { $count } er ved at få en ny adgangskode
}

board-waiting-count = { $count ->
    [0] Ingen venter på en godkendelse
    [one] 1 venter på en godkendelse
   *[other] { $count } venter på en godkendelse
}

board-in = Logget ind
board-waits = Venter på godkendelse
board-waits-since = Har ventet på en voksens godkendelse siden kl. { $time }.
board-waits-where = Svar her
board-out = Ikke logget ind
board-stuck = Sidder fast
board-helped = Får en ny adgangskode
board-since = Siden kl. { $time }
board-stuck-at = Kl. { $time }.
board-stuck-times = { $count ->
    [one] Det er sket 1 gang.
   *[other] Det er sket { $count } gange.
}
board-anybody = Tavlen ved ikke, om det var eleven selv.
board-ask-first = Spørg først eleven, om det var eleven selv.
board-stuck-elsewhere = Det skete på et andet netværk end dit.

board-aloud = { $pupil } sidder fast: { $headline }
board-aloud-many = Flere elever sidder fast.

board-how-stuck = »Sidder fast« betyder, at det sidste login med elevens brugernavn blev afvist. Tavlen viser den besked, der blev givet, og hvad du kan gøre. Er det en forkert adgangskode, kan det have været en anden end eleven: Alle kan skrive et brugernavn.

# Klassens kode og ark.

class-heading = Enhedens klasse
class-of-device = Denne enhed hører til { $class } på { $school }.
class-what = Enheden kender skolen og klassen. Koden fortæller ikke, hvem du er.
class-log-in = Log ind
class-none = Denne enhed hører ikke til nogen klasse.
class-unknown = Koden virker ikke. Måske findes klassen ikke mere. Spørg din lærer.
class-forget = Glem klassen
class-not-so = Passer det ikke?
class-own-login = Din skole har sit eget login:
class-code = QR-kode til klassens enheder
class-code-heading = Klassens QR-kode og ark
class-code-what = Scan koden med klassens enheder. Så kender de skolen og klassen, men ikke hvem der bruger dem.

sheet-what = På arket står elevernes navne, brugernavne og koden. Der står ingen adgangskoder. Hver elev kan se på sin side, at brugernavnet er skrevet ud.
sheet-do = Lav et ark til klassen
sheet-heading = Ark for { $class }
sheet-printed = Lavet { $day }
sheet-print = Skriv siden ud fra din browser.
sheet-back = Tilbage til tavlen
sheet-name = Navn
sheet-user-name = Brugernavn
sheet-no-secrets = Et brugernavn er ikke hemmeligt. Adgangskoden er, og den står ikke her.
