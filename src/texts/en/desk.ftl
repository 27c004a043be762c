# The administrators' desk.

desk-heading = User administration
desk-choose = Choose the institution that you want to work with.
desk-none = You are not an administrator of any institution. The right is given by somebody who has it.
desk-nav = User administration
desk-nav-front = Overview
desk-nav-newcomers = New staff
desk-nav-by-hand = Manual affiliations
desk-nav-imports = Imports
desk-nav-administrators = Administrators

desk-denied-heading = You have no access to this
desk-denied = There is no such page here, or it belongs to another institution than those that you are an administrator of. The attempt has been logged.
desk-denied-front = To your institutions

desk-why-not-in-your-hands = The account is not yours alone. You can block pupils, give them codes and give them another password rule. Staff you can only give the first code, and parents and guests nothing.
desk-why-yourself = This is your own account. Ask another administrator to do it.
desk-why-own-secret = The user has or had a password of their own. Codes are for the first login only. Pupils get a new password in Elevadgang, staff with { $eid }.
desk-why-already-here = The user is affiliated in that way already, or the account is closed.
desk-why-told-by-source = The affiliation comes from a source system or from operations. Change it there.
desk-why-last = There must always be at least one administrator who can log in with two factors. Give somebody else the right first.
desk-why-not-employed = Only staff of the institution can be administrators.
desk-why-nothing-to-do = There was nothing to change. Somebody else may have done it meanwhile.
desk-why-nobody = Nobody has exactly that user name or UNI-ID.
desk-why-day = The last day must be today or later, and at most a year ahead. Write it as 2027-06-30.
desk-why-anothers-block = The block was set by another institution or by operations. Only they can change it.
desk-why-pupil-employed = The user is a pupil. With a role of the staff the pupil gets in as an employee, and a teacher's role lets the pupil give other pupils new passwords. If that is meant, tick the box at the bottom, and send again. It is logged.
desk-why-choice = Choose one of the options.
desk-why-reason = Write a reason of 3 to 200 characters.
desk-why-number = The reason must not contain a CPR number.

desk-reason = Reason
desk-reason-hint = It is logged. No CPR numbers.
desk-choose-one = Choose

desk-search = Find a person
desk-search-hint = Name, user name, whole UNI-ID or number in the source system
desk-search-do = Search
desk-search-found = { $count ->
    [0] Nobody found. If the person is new, look under Imports whether the row was taken.
    [one] 1 found
   *[other] { $count } found
  }
desk-search-gone = no longer here
desk-search-blocked = blocked

desk-attention = Needs your attention
desk-attention-calm = Nothing right now.
desk-attention-quiet = { $source }: no import has come for { $days } days. If none comes, the users are closed on { $day }.
desk-attention-refused = { $source }: { $count } rows of the latest import were not taken.
desk-attention-held = { $source }: an import waits for operations to approve it.
desk-attention-ending = { $name }: the affiliation ends on { $day }.
desk-attention-alone = You are the only administrator who can log in. Give one more the right, so that the institution is not left without.
desk-sources = Source systems
desk-source = { $source }: latest import { $day }
desk-no-sources = The institution has no source system. Use manual affiliations.
desk-classes = Classes and groups
desk-classes-none = No classes with pupils.
desk-pupils = { $count ->
    [one] 1 pupil
   *[other] { $count } pupils
  }

desk-protected = Name and address protection: only the alias is shown.
desk-user-name = User name
desk-uni-id = UNI-ID
desk-is = Is here
desk-level = Grade
desk-groups = Classes and groups
desk-contacts = Contact persons
desk-contacts-count = { $all }, of whom { $custody } with custody
desk-elsewhere = The account is used at another institution too.
desk-oneself = This is your own account.

desk-trouble = Cannot log in?
desk-trouble-now = Right now
desk-trouble-clear = Nothing is in the way right now: the account is open and has a password of its own.
desk-trouble-blocked = The account is blocked from every login. See under Block.
desk-trouble-blocked-central = The account is blocked at the central login, but a local login still works. See under Block.
desk-trouble-blocked-operators = The account is blocked by operations. Contact them.
desk-trouble-ended = The user has had no active affiliation since { $day }. Look in the source system whether the person has left, and run the import again.
desk-trouble-not-begun = The affiliation does not begin before { $day }.
desk-trouble-clear-eid = Nothing is in the way right now: the account is open. It has no password here, so the user logs in with { $eid }.
desk-trouble-clear-local = Nothing is in the way right now: the account is open. It has no password here, so the user logs in with your local login.
desk-trouble-no-code = The user has no password and never got a code. Make one below.
desk-trouble-no-way-in = The user has no password and never got a code, and { $eid } does not find the account, since it has no CPR number. Add the number in the source system, or ask operations for a code.
desk-trouble-others-code-ran-out = The code for a login ran out on { $day }, and it cannot be made here. Ask operations for a new one.
desk-trouble-password-dead = The password is dead since { $day }, because a teacher or administrator said that it was not the pupil who got it. Give the pupil a new one.
desk-trouble-to-elevadgang = To Elevadgang
desk-trouble-code-waits = A one-time code waits to be used. It is good until { $day }.
desk-trouble-code-ran-out = The code for the first login ran out on { $day }. Make a new one below.
desk-trouble-not-identified = The account is not tied to a CPR number, so { $eid } does not find it. If the number is missing in the source system, add it there.

desk-advice-code = The user has no password of their own yet. Show or make the code for the first login below.
desk-advice-elevadgang = If the pupil has forgotten the password, give a new one in Elevadgang. The pupil's teacher can do it too.
desk-advice-renew = If the user has forgotten the password, the user makes a new one with { $eid }, at "Forgotten password" on the login page.
desk-advice-local = The user logs in with your local login. Ask those who run it for a new password there.
desk-advice-operators = If the user has forgotten the password, operations can make a one-time code. Nobody can look the password up.
desk-advice-affiliated-now = The user is affiliated now. Ask them to try again.
desk-advice-source = The affiliation from the source system does not hold right now. If that is wrong, correct it there, and run the import again.
desk-advice-by-hand = The affiliation has ended. If the user is to come in again, affiliate them under Manual affiliations.
desk-advice-unblock = Lift the block below when the reason for it is gone.
desk-advice-unblocked = The account is not blocked any more. Ask the user to try again.
desk-advice-stronger = The service asks for a stronger login than a password. Ask the user to choose { $eid } on the login page.
desk-advice-stronger-pupil = The service asks for a stronger login than the pupil's password, and { $eid } does not find the account, since it has no CPR number.
desk-advice-stronger-no-number = The service asks for a stronger login than a password, and { $eid } does not find the account, since it has no CPR number. Add the number in the source system.
desk-trouble-lately = Refused logins of the last 30 days
desk-trouble-none = None. Where somebody types a user name that does not exist, it is not shown here: check the spelling.
desk-trouble-through = through { $upstream }
desk-trouble-to = to { $service }
desk-trouble-reference = Error id

desk-latest = In the latest import?
desk-latest-yes = Yes, in the import of { $day }.
desk-latest-gone = No. The person was not in the import of { $day } and has left.
desk-latest-refused = The row was not taken on { $day }: { $what } { $remedy }
desk-latest-none = No source system tells of the affiliation.
desk-latest-see = See the import

desk-affiliations = Affiliations here
desk-from-source = from { $source }, number { $id }
desk-from-hand = written by hand
desk-from-operator = written by operations
desk-ends = ends { $day }
desk-ended = ended { $day }
desk-begins = begins { $day }
desk-active = holds

desk-rule = Password rule
desk-rule-holds = The rule is: { $rule }.
desk-rule-none = No rule holds, since the account is nothing at the moment.
desk-rule-set = Set { $day } by { $who }: { $reason }
desk-rule-what = You can give the pupil another rule than that of the grade, in either direction. The present password is good until the rule asks for a new one.
desk-rule-field = New rule
desk-rule-do = Set the rule
desk-rule-lift = Let the rule of the grade hold again
desk-rule-indskoling = first grades (four pictures)
desk-rule-mellemtrin = middle grades (two words)
desk-rule-udskoling = upper grades (two words and two digits)
desk-rule-ungdomsuddannelse = youth education (two words and two digits)
desk-rule-kontaktperson = contact person
desk-rule-ekstern = external
desk-rule-medarbejder = staff

desk-code = Code for the first login
desk-code-what = The code works once, and only until the user has made a password of their own. Each viewing is logged.
desk-code-show = Show the code
desk-code-make = Make a code
desk-code-make-another = Make a new code (the one that the user got stops working)
desk-code-own = The user has a password of their own. Nobody can read it.
desk-code-until = good until { $day }
desk-code-state-none = never got a code
desk-code-state-readable = has a code that can be shown
desk-code-state-handed = used or got a code, but has no password of their own yet
desk-code-state-ran-out = the code ran out
desk-code-state-replaced = got a one-time code from operations or support in the place of their own password
desk-code-state-replaced-ran-out = the one-time code from operations or support ran out
desk-code-state-own = has a password of their own
desk-code-state-dead = the password is dead: it was not the pupil who got it
desk-codes-heading = Codes for the first login
desk-codes-do = Show and make codes
desk-codes-what = Everybody who has no password of their own yet is shown a code. Codes are made for those who have none.
desk-codes-hand-out = Cut the page into strips, and give everybody their own. The code works once.
desk-codes-back = Hide the codes
desk-column-name = Name
desk-column-code = Code
desk-column-state = Password
desk-class-empty = There are no pupils in the class right now.
desk-newcomers-what = Staff and externals who have no password of their own yet.
desk-newcomers-none = Everybody has a password of their own.

desk-block = Block
desk-block-what = A block stops the central login and closes what the user has open. It does not stop a local login of the municipality or { $eid }, unless you tick the box below.
desk-block-through = Block through the broker too: local logins and { $eid } are stopped as well
desk-block-do = Block the account
desk-block-undo = Lift the block
desk-block-set = Blocked { $day } by { $who }: { $reason }
desk-block-everything = The block is for every login.
desk-block-central = The block is for the central login only. A local login still works.
desk-block-more = Change the block

desk-right = Administrator right
desk-right-has = The user is an administrator here.
desk-right-has-not = The user is not an administrator here.
desk-right-what = An administrator sees everybody of the institution, reads codes for first logins and can give others the right. It works only after a login with two factors.
desk-right-grant = Make an administrator
desk-right-withdraw = Withdraw the right
desk-administrators-what = Search for a member of staff from the overview to give the right.
desk-administrator-cannot-come = cannot log in
desk-administrator-since = since { $day }, given by { $who }

desk-by-hand-what = For schools without a source system, and for guests. The affiliation always has a last day, at most a year ahead.
desk-by-hand-none = No manual affiliations right now.
desk-by-hand-add = Affiliate a user
desk-by-hand-name = User name or UNI-ID, exactly as the user has it
desk-by-hand-role = Role
desk-by-hand-day = Last day
desk-by-hand-day-hint = For example 2027-06-30
desk-by-hand-employs-pupil = Yes, the pupil is to be one of the staff here
desk-by-hand-do = Affiliate
desk-prolong = Move the last day
desk-prolong-do = Move
desk-end = End the affiliation now
desk-end-do = End

desk-imports-none = There are no imports.
desk-import-of = Import from { $source }
desk-import-kind-full = full
desk-import-kind-delta = changes
desk-import-kind-removal = removals
desk-import-state-applied = taken in
desk-import-state-held = waits for approval
desk-import-state-refused = refused
desk-import-state-overtaken = overtaken by a later one
desk-import-counts = { $added } new, { $changed } changed, { $left } gone, { $refused } rows not taken
desk-import-reasons = Because
desk-import-findings = Faults in the rows
desk-import-findings-none = No faults.
desk-import-line = line { $line }
desk-import-search = Is a person in it?
desk-import-search-latest = The answer is about the latest import of the source system, which was taken in on { $day }, and not about this one.
desk-import-search-none = No import of the source system has been taken in yet, so nobody is in it.
desk-standing-refused-here = in this import the row was not taken: { $what } { $remedy }
desk-standing-present = is in the latest import
desk-standing-gone = is not in it and has left
desk-standing-refused = the row was not taken: { $what } { $remedy }
desk-standing-unknown = the source system has never sent anybody of that name or number. Contact the supplier of the system if the person should be there.

desk-history = History
desk-history-none = No changes.
desk-change-added = affiliated
desk-change-left = left
desk-change-restored = affiliated again
desk-change-name = new name
desk-change-protection = name and address protection changed
desk-change-number = CPR number changed
desk-change-birth-date = day of birth changed
desk-change-group = another kind of affiliation
desk-change-roles = roles changed
desk-change-level = grade changed
desk-change-stage = stage changed
desk-change-memberships = classes and groups changed
desk-change-contacts = contact persons changed
desk-change-term = last day moved
desk-change-source = another source system
desk-change-purged = account deleted

desk-act-code-made = { $who } made a code for the first login
desk-act-code-viewed = { $who } read the code for the first login
desk-act-rule-set = { $who } set the password rule { $detail }
desk-act-rule-lifted = { $who } let the password rule of the grade hold again
desk-act-blocked = { $who } blocked the account
desk-act-unblocked = { $who } lifted the block
desk-act-affiliation-added = { $who } affiliated the user by hand
desk-act-pupil-employed = { $who } made the pupil one of the staff by hand
desk-act-affiliation-prolonged = { $who } moved the last day
desk-act-affiliation-ended = { $who } ended the affiliation
desk-act-affiliation-vouched = { $who } vouched for the affiliation
desk-act-affiliation-confirmed = { $who } vouched for the affiliation too: it is confirmed
desk-act-right-granted = { $who } made the user an administrator
desk-act-right-withdrawn = { $who } took the administrator right back
desk-act-viewed = { $who } looked at the information
desk-act-opened = { $who } gave leave for a new password in Elevadgang
desk-act-undone = { $who } said that it was not the pupil who got the new password
desk-act-name-shown = { $who } looked the user name up in Elevadgang
desk-act-name-printed = { $who } printed the user name in Elevadgang

desk-who-other = another administrator
desk-who-program = the program { $name }
desk-who-operator = operations

desk-done-rule = The rule is changed.
desk-done-block = The block is changed. What the user had open is closed.
desk-done-unblock = The block is lifted.
desk-done-right = The right is changed.
desk-done-left = You have taken your own right back and are no administrator there any more.
desk-done-added = The user is affiliated.
desk-done-prolonged = The last day is moved.
desk-done-ended = The affiliation has ended.

desk-waiting = Not confirmed
desk-waiting-since = Your system has told of this person since { $day }, but the person belongs to somebody else too, and nobody has confirmed that they are yours.
desk-waiting-what = Until it is confirmed, you cannot give a new password, read a code, change the rule or block the account, and contacts whom you alone tell of have no custody here. It is confirmed when the person chooses you at a login, when the other one reports the person gone, or when two administrators here vouch for it.
desk-waiting-vouched = { $who } has vouched for it. Another administrator is to do so too.
desk-waiting-do = Vouch that the person is ours
desk-change-confirmed = affiliation confirmed
desk-done-vouched = You have vouched for the affiliation. Now another administrator is needed.
desk-done-confirmed = The affiliation is confirmed.
desk-why-said-already = You have vouched for it already. Another administrator is to do so too.
desk-why-local-login = The school has its own login, and the user has no password here. A code would go round the school's login.

# The desk for programs: what a program gets as "detail".
api-unknown = No program is registered with this token or this certificate.
api-ended = The program's access has run out. Operations can give it another.
api-too-fast = The program asks too often. Wait, and ask again.
api-scope = The program may not do this: { $scope } is missing in the settings.
api-not-yours = There is no such thing at the institution, or the program does not work for it. The attempt is in the audit trail.
api-no-such-place = There is no such address.
api-method = The address is asked for in another way.
api-unreadable = What was sent is not what is described. Reading stopped at: { $place }
api-too-long = What was sent is longer than anything that is described.
api-failed = Something of ours went wrong. Try again in a moment.

# An import that waits for somebody.
desk-import-state-discarded = thrown away
desk-decide = Is the import to be taken in?
desk-decide-what = It changes more than is taken in without asking. This is what it would change right now.
desk-decide-delivered-by = It was delivered by { $by }.
desk-decide-adults = Adults: { $added } new, { $left } gone
desk-decide-class = { $class }: { $before } pupils before, { $after } after, { $left } leave the school
desk-decide-role = The role { $role } is gained by { $by }
desk-decide-leaving = Gone are, among others (the source's ids): { $ids }
desk-decide-confirm = Take the import in
desk-decide-discard = Throw the import away
desk-why-file-gone = The file is not kept here. Let the source send again, or ask operations to confirm it with the file.
desk-why-import-changed = The import would now change something else than was shown, or cannot be taken in any more. Look at it again, or let the source send again.
desk-done-import-taken = The import is taken in.
desk-done-import-refused = The import could not be taken in. Why is told here.
desk-done-import-discarded = The import is thrown away. Nothing was changed.
