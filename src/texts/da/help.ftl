# Hjælp fra voksne: en ny adgangskode fra læreren, og lærerens egen side.

change-why-help = Din lærer har givet dig en ny adgangskode. Den gamle virker, til du har lært den nye.
changed-log-in = Nu skal du logge ind med den nye adgangskode.
forgotten-helped = Min lærer har givet mig en ny adgangskode
help-too-late = De fem minutter er gået, eller en anden har brugt dem. Bed din lærer om at trykke på »Giv ny adgangskode« igen.

teacher-picture-heading = Hvilket billede viser din lærer?
teacher-picture-why = Din lærer har givet dig en ny adgangskode og kan se et billede ved dit navn.
teacher-picture-label = Tryk på det billede, din lærer viser dig
teacher-picture-password = Jeg vil logge ind med min adgangskode
