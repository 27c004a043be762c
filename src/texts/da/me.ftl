# Min side: det, man kan se om sig selv.

me-heading = Min side
me-who = Hvem er jeg?
me-name = Navn
me-log-out = Log ud
