# The way through a login.

name-heading = Log in
name-label = User name
name-next = Next
name-did-you-mean = Did you mean this after the @?
name-other-ways = Log in with e.g. { $eid }
name-find = Get my or my child's user name

password-heading = Log in
password-user = User name
password-label = Password
password-log-in = Log in
password-new = Get a new password

chooser-heading = Choose login
chooser-last-used = Last time you used
chooser-others = Or choose
chooser-search-label = Search for local login
chooser-search = Search
chooser-none = No local login matches “{ $query }”.
chooser-count = { $count ->
    [one] 1 local login
   *[other] { $count } local logins
}
chooser-more = { $count ->
    [one] There is 1 more. Type some of the name to find yours.
   *[other] There are { $count } more. Type some of the name to find yours.
}

account-heading = Choose user name
account-why = You have more than one user name. Which one do you want to use now?

choose-one = Choose one of them before you press Continue.
actor-heading = Choose role
actor-why = Where do you belong this time?
actor-confirms = By choosing a place you also say that it is true that you belong there.
role-barn = Child
role-elev = Pupil
role-studerende = Student
role-laerer = Teacher
role-paedagog = Pedagogue
role-vikar = Substitute teacher
role-leder = Head
role-ledelse = Management
role-tap = Technical and administrative staff
role-konsulent = Consultant
role-praktikant = Trainee
role-ekstern = External
group-elev = Pupil or student
group-medarbejder = Staff
group-ekstern = External
group-kontaktperson = Parent or other contact person

repost-heading = One moment
repost-to = You are being sent on to { $receiver }.
repost-on = You are being sent on.
repost-if-stuck = If nothing happens, press Continue.

refusal-do = What you can do
refusal-retry = Try again
refusal-licence = How to get access to { $service }
refusal-helpers = For those who help
refusal-help = Help from { $party }
refusal-contact = Contact: { $contact }
role-teacher = Teacher or employee
role-administrator = User administrator
role-operator = Those who run { $site }
refusal-code = Code
refusal-time = Time
refusal-reference = Error id
refusal-copy = Copy
refusal-copied = Copied

front-heading = One login for school
front-what = { $site } is the doorkeeper. Here you show who you are, and then you get in to the school's services.
front-start = Begin at the website that you want to use, and press log in. That brings you here by itself.
front-support = Help with logging in
front-status = Service status
