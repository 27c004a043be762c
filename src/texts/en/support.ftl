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

help-roles = Help for each role
help-for-pupils = Help for pupils
help-for-parents = Help for parents
help-for-teachers = Help for teachers and employees
help-for-administrators = Help for user administrators
help-errors = Errors, causes and what you can do
help-more-errors = All other errors
help-says = If it says "{ $what }", then:
help-may-say = It may say: "{ $what }".
help-error = If it says …
help-cause = … the cause is
help-do = … and this you can do
help-log-in = How to log in
help-name = Write your user name in small letters and press "Next". If your user name has an @, you are taken to the login of your own school or municipality.
help-local = Write your password only on the page that you usually see. If the page is another one, ask a grown-up first.
help-window = When the teacher has helped you, you have five minutes. Write your user name alone, and you get a new password.
help-child-heading = When your child has forgotten the password
help-child = Log in with { $eid }, choose the child, and make the new password together with the child. At school the teacher can do the same.
help-board-heading = The board of a class
help-own-heading = Your own password
help-administrator = Here you find the users of the institution, give new employees their first code, choose a pupil's password rule and block a pupil.
help-imports = If a user is missing, see in the latest import whether the row came along, and what has to be mended in the school's system.
