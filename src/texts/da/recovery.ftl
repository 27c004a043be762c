# Få adgang igen: brugernavne og nye adgangskoder til dem, der har vist med deres eID, hvem de er.

recovery-heading = Få adgang igen
recovery-own = { $count ->
    [one] Dit brugernavn
   *[other] Dine brugernavne
}
recovery-children = { $count ->
    [one] Dit barn
   *[other] Dine børn
}
recovery-renew = Ny adgangskode til { $name }
recovery-renew-first = Lav en adgangskode til { $name }
recovery-no-child = Er der et barn, du ikke kan se her? Vi viser kun børn, når barnets skole har skrevet, at du har forældremyndigheden, og når barnets oplysninger må vises. Skolen kan hjælpe dig.
recovery-too-young = Du kan selv få dit brugernavn og en ny adgangskode, når du er fyldt { $age } år. Indtil da kan din lærer eller en forælder hjælpe dig.
recovery-blocked = Brugeren er spærret, så en ny adgangskode hjælper ikke. Skolen kan ophæve spærringen.
recovery-nowhere = Brugeren er ikke tilknyttet en skole lige nu. Skolen kan hjælpe.
recovery-young = Du er for ung til at få en ny adgangskode alene.
recovery-more-than-pupil = Brugeren er mere end elev, for eksempel ansat. Derfor kan kun brugeren selv få en ny adgangskode.
recovery-local = Skolen har sit eget login, og brugeren har ingen adgangskode her. Spørg skolen, hvordan man logger ind.
recovery-enough = Der er lavet mange nye adgangskoder i dag. Prøv igen efter { $time }, eller få hjælp på skolen.
recovery-leave = Færdig
recovery-leave-help = Når du er færdig, bliver du logget ud her. Så kan den næste ved skærmen ikke bruge dit { $eid }-login.

recovery-heading-child = Ny adgangskode til { $name }
recovery-why-own = Den adgangskode, du har glemt, virker, til du har lært den nye.
recovery-why-child = Sæt dig sammen med { $name }, og øv den nye adgangskode. Den gamle virker, til den nye er lært.
recovery-why-own-first = Du har ingen adgangskode i forvejen. Du kan stadig logge ind med { $eid }, når du har lavet en.
recovery-why-child-first = { $name } har ingen adgangskode i forvejen. Sæt jer sammen, og øv den nye.
recovery-done-heading = Adgangskoden er skiftet
recovery-done-own = Fra nu af bruger du den nye. Du er logget ud alle steder. Log ind med dit brugernavn og din nye adgangskode.
recovery-done-child = Fra nu af bruger { $name } den nye adgangskode. { $name } er logget ud alle steder.
recovery-another = Hjælp et barn mere
