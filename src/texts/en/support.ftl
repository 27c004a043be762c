# The support page.

support-heading = Help with logging in
support-what = Find the code from the error page, and see what you can do.
support-pupil = If you are a pupil or student, ask your teacher first.
support-contact = If that does not help, contact { $contact }. Give them the code, the time and the error id.
support-codes = All codes
support-user = User or pupil
support-teacher = Teacher or employee
support-administrator = User administrator
support-operator = Those who run { $site }
