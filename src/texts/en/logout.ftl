# Logging out.

logout-heading = Do you want to log out?
logout-user = You are logged in as
logout-services = You will also be logged out here:
logout-yes = Log out
logged-out-heading = You are logged out
logged-out-done = You are logged out here as well:
logged-out-asked = These services were told through your browser. They do not answer whether it was done:
logged-out-not-reached = These services did not answer. You may still be logged in there:
logged-out-no-way = These services cannot be told. You may still be logged in there:
logged-out-upstreams = You may still be logged in here:
logged-out-frame = { $service } is being logged out
logged-out-shared = If others use this computer too, close the browser completely.
eid-open-heading = To the adult: end your login
eid-open-why = You may still be logged in at { $eid } on this computer. We cannot log you out there.
eid-open-do = Log out at { $eid } yourself, or close the whole browser when the child is done. We ask for a new login with { $eid } here for the next twelve hours, but other sites may not.
eid-open-on = Go on as the child
