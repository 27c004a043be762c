# Help by adults: a new password from the teacher, and the teacher's own page.

change-why-help-first = Your teacher has given you a password. Learn it here.
change-why-help = Your teacher has given you a new password. The old one works until you have learnt the new one.
changed-log-in = Now log in with the new password.
forgotten-helped = My teacher has given me a new password
help-not-given = No new password has been given right now. Check the user name, and ask your teacher to press “Give a new password”.
help-too-late = The five minutes are over, or somebody else has used them. It may also have been a browser that was closed. Ask your teacher to press “Give a new password” again.

teacher-picture-heading = Which picture does your teacher show?
teacher-picture-why = Your teacher has given you a new password and can see a picture beside your name.
teacher-picture-label = Press the picture that your teacher shows you
teacher-picture-password = I want to log in with my password

elev-heading = Elevadgang
elev-front-what = Here teachers help pupils with user names and new passwords.
elev-log-in = Log in
elev-log-in-admin = Log in as user administrator
elev-front-who = “Log in” is for teachers whom the school's administrative system has tied to a class. User administrators log in with two factors and see all pupils of the school.
elev-front-local = If a pupil logs in at the municipality or the school itself, they help there. A new password from here does not work in that login.
elev-which-school = Where do you want to help?
elev-log-out = Log out
elev-no-teacher = You are logged in, but you are not registered as a teacher.
elev-no-teacher-who = Elevadgang is for staff with the role Lærer. The school's administration can give you that role in the administrative system. Until then the school's user administrators can help the pupils.
elev-to-desk = To your classes
elev-denied-heading = You cannot help with that here
elev-denied-text = The page is for teachers, and only for pupils of their own classes and teaching groups. If a class is missing, the school's administration has to mend that in the administrative system.

elev-nobody = There are no pupils to show.
elev-nobody-by-hand = You were entered by hand and not by the school's administrative system. So you are not tied to any class. The school's administration can register you and your classes in the administrative system.
elev-nobody-no-class = The school's administrative system has not told which classes you have. The school's administration can register them. If they are registered, they must ask the system's supplier why they are not transferred.
elev-nobody-other-groups = You are in teams or other groups, but in no class or teaching group. The school's administration can tie you to the class in the administrative system.
elev-nobody-empty-class = Your class or teaching group has no pupils yet. The school's administration can see in the latest import whether the pupils came along.
elev-nobody-meanwhile = Until that is mended, the school's user administrators can help the pupils.

elev-no-class = Without a class
elev-hold = Teaching group { $name }
elev-pupils = { $count ->
    [one] 1 pupil
   *[other] { $count } pupils
}
elev-whole-class = All of { $class }
elev-open = Give a new password
elev-names = Show user names
elev-refresh = Refresh the page
elev-cancel = Take back
elev-undo = It was not the pupil
elev-prove-again = To give a new password you must have logged in within the last quarter of an hour, or with two factors.
elev-prove-again-do = Log in again

elev-how-heading = How to do it
elev-how-open = After “Give a new password” the pupil has five minutes to type the user name at any service. The old password works until the pupil has learnt the new one.
elev-how-picture = If the pupil is on another network than you, the pupil has to choose the picture that stands by the name. Show it to the pupil only.
elev-how-undo = Did somebody else get the new password? Press “It was not the pupil” within a day.

elev-window-open = The pupil can type the user name until { $time }.
elev-window-learning = The pupil is learning the new password. If the browser was closed, take it back, and give a new one.
elev-window-ran-out = Time was up at { $time }. Press “Give a new password” again.
elev-window-given-up = The pupil did not finish. A password from before, where there is one, still works.
elev-window-cancelled = Taken back. A password from before, where there is one, still works.
elev-window-finished = Got a new password at { $time }.
elev-window-undone = It was not the pupil: the password is blocked. Give the pupil a new one.
elev-window-refused = { $count ->
    [one] A wrong picture was chosen from another network.
   *[other] A wrong picture was chosen { $count } times from another network. Now the pupil can get in from your network only.
}
elev-window-picture = Is the pupil on another network? Then show this picture: { $picture }.

elev-beyond-blocked = The pupil is blocked. A user administrator can lift the block.
elev-beyond-staff = Is more than a pupil and gets a new password in another way.
elev-beyond-said = Another school writes that the pupil is more than a pupil there, and nobody has confirmed it. Ask an administrator. You can still give access (Faktor 2).
elev-beyond-oneself = That is you.
elev-beyond-local = The school has its own login, and the pupil has no password here. Ask those who look after it.
elev-beyond-unconfirmed = Belongs to another school too, and nobody has confirmed that the pupil is here. Ask an administrator.

elev-said-opened = The pupil has five minutes now.
elev-said-cancelled = It is taken back.
elev-said-undone = The password is blocked, and everybody who was logged in with it is logged out.
elev-said-nobody = First tick one or more pupils.
elev-said-beyond = One of them cannot get a new password here. See why by the name.
elev-said-too-many = One of them has been given many new passwords in a short time. Try again in an hour.
elev-said-stale = It has changed in the meantime. See how it stands now.

elev-undo-heading = Was it not the pupil?
elev-undo-what = The password that { $pupil } has now is blocked at once. Everybody who is logged in with it is logged out everywhere.
elev-undo-after = Afterwards you give the pupil a new password. The one that the pupil had before does not come back.
elev-undo-do = Block the password

elev-from-administration = Give pupils a new password, or show their user names
elev-nobody-no-pupils = The institution has no pupils. See in the latest import whether they came along.
