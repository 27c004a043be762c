# What several pages say.

skip-to-content = Go to the content
other-language = På dansk
notices-label = Messages about the service
footer-label = Help and service status
footer-support = Help
footer-status = Service status
error-title = Error: { $headline }
for-service = You are on your way to
back-to-front = To the front page
back-to-service = Back to { $service }
to-front-page = To the front page
back = ← Back
continue = Continue
other-options = Other options
help-with-code = Help ({ $code })

# Names for what has none.
that-service = the service
that-login = the local login
that-domain = what you typed after the @
that-check = it is on the error page

# Whose matter is it?
blame-user = You can solve this yourself.
blame-school = The fault is at the school or in its administrative system.
blame-upstream = The fault is at the login that you chose, and not at { $site }.
blame-service = The fault is at the service, and not at { $site }.
blame-us = The fault is at { $site }.
