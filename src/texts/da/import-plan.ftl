# Det, som en levering ikke kan lave om på det, der er der i forvejen, og grunde til at den venter på
# et ja. Værdien siger, hvad der er galt; delen mend siger, hvad der kan gøres. Her står aldrig et
# CPR-nummer og aldrig et navn på en person.

import-number-contradicts = Ikke forventet CPR til localPersonID. Rækken er ikke indlæst, og personen er som før.
    .mend = Er det samme person med nyt CPR-nummer, så lad en administrator genidentificere personen. Er det en anden person, så giv vedkommende sit eget lokale id i kildesystemet.
import-number-of-another = CPR-nummeret tilhører en anden, som er kendt her. Rækken er ikke indlæst, og personen er som før.
    .mend = Find ud af, hvem nummeret tilhører, og ret den forkerte i kildesystemet. Er det samme person to gange, så slet den ene.
import-number-elsewhere = Personen findes også et andet sted, som mener den person, CPR-nummeret hidtil har peget på. Rækken er ikke indlæst, og personen er som før.
    .mend = Er det en anden end den, som det andet sted mener, så giv vedkommende et nyt lokalt id i kildesystemet. Er det samme person med nyt CPR-nummer, så skal de andre steder først melde personen ud, og være uden personen, mens nummeret bliver skiftet.
import-adult-number-contradicts = En kontaktperson er kendt med et andet CPR-nummer. Eleven er indlæst; kontaktpersonen er som før.
    .mend = Kontrollér kontaktpersonens CPR-nummer i kildesystemet.
import-class-unknown = Klassen { $group } er hverken med i leveringen eller kendt som hovedgruppe. Rækken er ikke indlæst.
    .mend = Kontrollér elevens klasse i kildesystemet, og at klassen selv bliver sendt.
import-group-not-known = Gruppen { $group } er hverken med i leveringen eller kendt. Personen er indlæst uden den.
    .mend = Fjern gruppen fra personen i kildesystemet, eller send gruppen først.
import-not-known = Det, der skulle fjernes, findes ikke her.
    .mend = Der er ikke noget at rette, medmindre kilden har skiftet lokale id'er.
import-names-not-kept = Filen har UNI-ID eller brugernavn på nye personer. De har fået nye, for filen er ikke indlæst som en flytning.
    .mend = Flytter institutionen hertil med sine UNI-ID’er, så indlæs filen første gang med portner import apply --moving-in.
import-local-id-reused = Det lokale id tilhørte en anden: både nummeret og navnet eller fødselsdatoen er nye. Rækken er ikke indlæst, og personen er som før.
    .mend = Giv den nye person sit eget lokale id i kildesystemet. Er det samme person, så lad en administrator genidentificere personen.
import-nobody-leaves = Nogle rækker kunne ikke læses så meget, at det fremgår, hvem de handler om. Derfor er ingen fjernet.
    .mend = Ret de rækker, og send hele leveringen igen.
import-unconfirmed = Personen hører også til på en institution med en anden ejer. Rækken er indlæst, men tilknytningen er ikke bekræftet: den giver jer ingen ret over kontoen.
    .mend = Er det jeres, så lad personen vælge jer ved et login, eller lad to administratorer sige god for det ved skrivebordet. Er det en fejl, så ret CPR-nummeret i kildesystemet.

import-reason-people-leave = { $left } af { $of } personer ville være væk, medregnet dem der er gået de seneste syv dage.
import-reason-adults-leave = { $left } af { $of } kontaktpersoner ville være væk, medregnet dem der er gået de seneste syv dage.
import-reason-class-emptied = Klassen { $class } ville miste alle sine { $pupils } elever, uden at de er i en anden klasse.
import-reason-role-gained = { $by } af { $of } personer ville få rollen { $role }, som de ikke havde.
import-reason-rows-refused = { $refused } af { $of } rækker om personer kan ikke indlæses. Det kan være hele filen, den er gal med.
import-reason-custody-gained = { $by } kontaktpersoner til { $of } elever ville få forældremyndighed, som de ikke havde.
import-reason-new-source = Kilden har aldrig leveret for denne institution, som andre kilder fortæller om: { $others }. Er det et skift af system, så brug change-source.
import-reason-year-over = Filen handler om skoleåret { $year }, som er slut.
import-reason-future = Filen siger, at den er skrevet { $sent }, og det er ikke sket endnu. Ret sourceDateTime i kildesystemet.
import-reason-nothing-taken = Ingen person i leveringen kunne indlæses: { $refused } rækker er afvist. Intet er ændret, og leveringen kan sendes igen med samme tidspunkt, når rækkerne er rettet.
import-reason-not-newer = Kilden har allerede sendt noget, der er mindst lige så nyt: { $last }.
import-reason-other-institution = Den, der leverede, må ikke levere for denne institution.
import-reason-other-source = Den, der leverede, taler ikke for filens kilde.
import-reason-unreadable = Leveringen kunne ikke læses: { $reason }.

import-why-present = Er med i seneste import.
import-why-gone = Var ikke med i seneste fulde import eller er meldt fjernet; adgangen sluttede { $at }.
import-why-refused = En række i seneste import blev ikke indlæst.
import-why-unknown = Kilden har aldrig sendt en person med det lokale id.
