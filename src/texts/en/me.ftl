# My page: what one can see of oneself.

me-heading = My page
me-who = Who am I?
me-name = Name
me-log-out = Log out
