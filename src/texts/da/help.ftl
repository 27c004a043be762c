# Hjælp fra voksne: en ny adgangskode fra læreren, og lærerens egen side.

change-why-help-first = Din lærer har givet dig en adgangskode. Lær den her.
change-why-help = Din lærer har givet dig en ny adgangskode. Den gamle virker, til du har lært den nye.
changed-log-in = Nu skal du logge ind med den nye adgangskode.
forgotten-helped = Min lærer har givet mig en ny adgangskode
help-not-given = Der er ikke givet nogen ny adgangskode lige nu. Se efter, om brugernavnet er rigtigt, og bed din lærer om at trykke på »Giv ny adgangskode«.
help-too-late = De fem minutter er gået, eller en anden har brugt dem. Det kan også være en browser, der blev lukket. Bed din lærer om at trykke på »Giv ny adgangskode« igen.

teacher-picture-heading = Hvilket billede viser din lærer?
teacher-picture-why = Din lærer har givet dig en ny adgangskode og kan se et billede ved dit navn.
teacher-picture-label = Tryk på det billede, din lærer viser dig
teacher-picture-password = Jeg vil logge ind med min adgangskode

elev-heading = Elevadgang
elev-front-what = Her hjælper lærere elever med brugernavn og en ny adgangskode.
elev-log-in = Log på
elev-log-in-admin = Log på som brugeradministrator
elev-front-who = »Log på« er for lærere, som skolens administrative system har knyttet til en klasse. Brugeradministratorer logger ind med to faktorer og ser alle skolens elever.
elev-front-local = Logger en elev ind hos kommunen eller skolen selv, hjælper de dér. En ny adgangskode herfra virker ikke i det login.
elev-which-school = Hvor vil du hjælpe?
elev-log-out = Log ud
elev-no-teacher = Du er logget ind, men du er ikke registreret som lærer.
elev-no-teacher-who = Elevadgang er for medarbejdere med rollen Lærer. Skolens administration kan give dig den i det administrative system. Indtil da kan skolens brugeradministratorer hjælpe eleverne.
elev-to-desk = Til dine klasser
elev-denied-heading = Det kan du ikke hjælpe med her
elev-denied-text = Siden er for lærere, og kun for elever i deres egne klasser og hold. Mangler der en klasse, så skal skolens administration rette det i det administrative system.

elev-nobody = Der er ingen elever at vise.
elev-nobody-by-hand = Du er oprettet i hånden og ikke fra skolens administrative system. Derfor er du ikke knyttet til nogen klasse. Skolens administration kan registrere dig og dine klasser i det administrative system.
elev-nobody-no-class = Skolens administrative system har ikke fortalt, hvilke klasser du har. Skolens administration kan registrere dem. Er de registreret, må de spørge systemets leverandør, hvorfor de ikke bliver overført.
elev-nobody-other-groups = Du er med i team eller andre grupper, men ikke i nogen klasse eller noget hold. Skolens administration kan knytte dig til klassen i det administrative system.
elev-nobody-empty-class = Din klasse eller dit hold har ingen elever endnu. Skolens administration kan se i seneste import, om eleverne er kommet med.
elev-nobody-meanwhile = Indtil det er rettet, kan skolens brugeradministratorer hjælpe eleverne.

elev-no-class = Uden klasse
elev-hold = Hold { $name }
elev-pupils = { $count ->
    [one] 1 elev
   *[other] { $count } elever
}
elev-whole-class = Hele { $class }
elev-open = Giv ny adgangskode
elev-names = Vis brugernavn
elev-refresh = Opdater siden
elev-cancel = Tag tilbage
elev-undo = Det var ikke eleven
elev-prove-again = For at give en ny adgangskode skal du have logget ind inden for det sidste kvarter eller med to faktorer.
elev-prove-again-do = Log ind igen

elev-how-heading = Sådan gør du
elev-how-open = Efter »Giv ny adgangskode« har eleven fem minutter til at skrive sit brugernavn på en hvilken som helst tjeneste. Den gamle adgangskode virker, til eleven har lært den nye.
elev-how-picture = Sidder eleven på et andet netværk end dig, skal eleven vælge det billede, der står ved navnet. Vis det kun til eleven.
elev-how-undo = Fik en anden den nye adgangskode? Tryk »Det var ikke eleven« inden for et døgn.

elev-window-open = Eleven kan skrive sit brugernavn indtil kl. { $time }.
elev-window-learning = Eleven er ved at lære sin nye adgangskode. Er browseren blevet lukket, så tag den tilbage, og giv en ny.
elev-window-ran-out = Tiden gik kl. { $time }. Tryk på »Giv ny adgangskode« igen.
elev-window-given-up = Eleven blev ikke færdig. Har eleven en adgangskode fra før, virker den stadig.
elev-window-cancelled = Taget tilbage. Har eleven en adgangskode fra før, virker den stadig.
elev-window-finished = Fik en ny adgangskode kl. { $time }.
elev-window-undone = Det var ikke eleven: Adgangskoden er spærret. Giv eleven en ny.
elev-window-refused = { $count ->
    [one] Der blev valgt et forkert billede fra et andet netværk.
   *[other] Der blev valgt et forkert billede { $count } gange fra et andet netværk. Nu kan eleven kun komme ind fra dit netværk.
}
elev-window-picture = Sidder eleven på et andet netværk? Så vis dette billede: { $picture }.

elev-beyond-blocked = Eleven er spærret. En brugeradministrator kan ophæve spærringen.
elev-beyond-staff = Er også andet end elev og får ny adgangskode på en anden måde.
elev-beyond-said = En anden skole skriver, at eleven også er andet end elev dér, og ingen har bekræftet det. Spørg en brugeradministrator. Giv adgang (Faktor 2) kan du stadig.
elev-beyond-oneself = Det er dig selv.
elev-beyond-local = Skolen har sit eget login, og eleven har ingen adgangskode her. Spørg skolens it-ansvarlige.
elev-beyond-unconfirmed = Hører også til på en anden skole, og ingen har bekræftet, at eleven går her. Spørg en brugeradministrator.

elev-said-opened = Eleven har fem minutter nu.
elev-said-cancelled = Det er taget tilbage.
elev-said-undone = Adgangskoden er spærret, og alle, der var logget ind med den, er logget ud.
elev-said-nobody = Sæt først kryds ved en eller flere elever.
elev-said-beyond = En af dem kan ikke få en ny adgangskode her. Se hvorfor ved navnet.
elev-said-too-many = En af dem har fået mange nye adgangskoder på kort tid. Prøv igen om en time.
elev-said-stale = Det har ændret sig i mellemtiden. Se, hvordan det står nu.

elev-undo-heading = Var det ikke eleven?
elev-undo-what = Den adgangskode, som { $pupil } har nu, bliver spærret med det samme. Alle, der er logget ind med den, bliver logget ud overalt.
elev-undo-after = Bagefter giver du eleven en ny adgangskode. Den, eleven havde før, kommer ikke tilbage.
elev-undo-do = Spær adgangskoden

elev-from-administration = Giv elever en ny adgangskode, eller vis deres brugernavne
elev-nobody-no-pupils = Institutionen har ingen elever. Se i seneste import, om de er kommet med.
