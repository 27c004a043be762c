# Logging out.

logout-heading = Do you want to log out?
logout-user = You are logged in as
logout-services = You will also be logged out here:
logout-yes = Log out
logged-out-heading = You are logged out
logged-out-not-reached = These services could not be told. You may still be logged in there:
logged-out-upstream = You may still be logged in at { $upstream }.
logged-out-shared = If others use this computer too, close the browser completely.
