# Adgangskoder: billeder, nye adgangskoder og dem, der snart skal skiftes.

pictures-label = Tryk på dine billeder i den rigtige rækkefølge
pictures-picked = { $count ->
    [0] Intet valgt endnu
    [one] 1 billede valgt
   *[other] { $count } billeder valgt
}
pictures-undo = Fortryd det sidste

password-present = Log først ind med den adgangskode, du har nu. Bagefter får du en ny.

new-password-heading = Få en ny adgangskode
new-password-forgotten = Glemt adgangskode
new-password-forgotten-help = Du kan ikke huske den, du har.
new-password-change = Skift adgangskode
new-password-change-help = Du kender den, du har, og vil have en ny.

forgotten-heading = Glemt adgangskode
forgotten-eid-who = Er du ansat, forælder, eller har du selv { $eid }, så kan du lave en ny adgangskode nu. Forældre kan også lave en til deres barn.
forgotten-eid = Brug { $eid }
forgotten-pupil = Går du i skole uden { $eid }? Spørg din lærer eller en forælder. De kan hjælpe dig med at få en ny adgangskode.
forgotten-grown-up = Er du ansat uden { $eid }? Skriv til dem, der står for login på din skole eller arbejdsplads. De kan få lavet en engangskode til dig.
forgotten-nobody-reads = Ingen kan se din gamle adgangskode. Derfor får du altid en ny.

runs-out-heading = Din adgangskode skal snart skiftes
runs-out-by = Skift den senest { $day }. Det er hurtigt gjort.
runs-out-now = Skift nu
runs-out-later = Senere

change-heading = Din nye adgangskode
change-why-first = Du loggede ind med en engangskode. Nu får du din egen adgangskode.
change-why-age = Din gamle adgangskode er blevet for gammel. Derfor får du en ny nu.
change-why-rule = Du skal have en adgangskode, der passer til dig nu.
change-why-runs-out = Din gamle adgangskode skal skiftes senest { $day }. Derfor får du en ny nu.
change-why-wish = Din gamle adgangskode virker, til du har lært den nye.
change-this-is = Det her er din nye adgangskode:
change-these-are = Det her er dine billeder. Husk dem i rækkefølge:
change-learn = Øv dig, til du kan huske den. Vis den ikke til andre.
change-learnt = Jeg kan huske den
change-ask-text = Skriv din nye adgangskode
change-ask-pictures = Tryk på dine nye billeder i den rigtige rækkefølge
change-check = Tjek
change-show-again = Vis den igen
change-right = Rigtigt! Én gang til.
change-not-right = Det var ikke helt rigtigt. Se på den igen.
change-differ = De to felter er ikke ens. Skriv det samme to gange.
change-problems = Den adgangskode går ikke:
change-own = Jeg vil hellere vælge selv
change-own-heading = Vælg din egen adgangskode
change-own-new = Ny adgangskode
change-own-again = Ny adgangskode igen
change-own-keep = Gem
change-assigned = Giv mig hellere en
change-not-now = Ikke nu
change-stay = Behold den gamle
change-rule-length = Mindst { $count } tegn.
change-rule-mixed = Både store og små bogstaver og mindst ét tal. Har den mindst { $count } tegn, er det ikke nødvendigt.
change-rule-not = Ikke dit navn, en årstid eller noget, som mange bruger.

choice-too-short = Den er for kort. Den skal have mindst { $count } tegn.
choice-too-long = Den er for lang. Den må højst have { $count } tegn.
choice-no-capital = Der mangler et stort bogstav.
choice-no-small = Der mangler et lille bogstav.
choice-no-digit = Der mangler et tal.
choice-control = Der er tegn i den, som ikke kan skrives på et tastatur. Skriv den selv, i stedet for at sætte den ind.
choice-own-name = Den må ikke indeholde dit navn eller dit brugernavn.
choice-season = Den må ikke indeholde en årstid, for dem gætter folk på.
choice-common = Den er for nem at gætte, for mange bruger den.
choice-used-before = Du har brugt den før. Find på en, du ikke har haft.

changed-heading = Din adgangskode er skiftet
changed-what = Fra nu af bruger du den nye. Du er logget ud alle andre steder, hvor du var logget ind.
