# Passwords: pictures, new passwords and those that must soon be changed.

pictures-label = Press your pictures in the right order
pictures-picked = { $count ->
    [0] Nothing chosen yet
    [one] 1 picture chosen
   *[other] { $count } pictures chosen
}
pictures-undo = Undo the last one

password-present = First log in with the password you have now. Then you get a new one.

new-password-heading = Get a new password
new-password-forgotten = Forgotten password
new-password-forgotten-help = You cannot remember the one you have.
new-password-change = Change password
new-password-change-help = You know the one you have and want a new one.

forgotten-heading = Forgotten password
forgotten-eid-who = Are you staff or a parent, or do you have { $eid } yourself? Then you can make a new password now. Parents can make one for their child too.
forgotten-eid = Use { $eid }
forgotten-pupil = Are you at school without { $eid }? Ask your teacher or a parent. They can help you to get a new password.
forgotten-grown-up = Are you staff without { $eid }? Write to those who look after logins at your school or workplace. They can have a one-time code made for you.
forgotten-nobody-reads = Nobody can see your old password. That is why you always get a new one.

runs-out-heading = Your password must soon be changed
runs-out-by = Change it by { $day }. It is quickly done.
runs-out-now = Change now
runs-out-later = Later

change-heading = Your new password
change-why-first = You logged in with a one-time code. Now you get a password of your own.
change-why-age = Your old password has got too old. So you get a new one now.
change-why-rule = You need a password that suits you now.
change-why-runs-out = Your old password must be changed by { $day }. So you get a new one now.
change-why-wish = Your old password works until you have learnt the new one.
change-this-is = This is your new password:
change-these-are = These are your pictures. Remember them in order:
change-learn = Practise until you can remember it. Do not show it to others.
change-learnt = I can remember it
change-ask-text = Type your new password
change-ask-pictures = Press your new pictures in the right order
change-check = Check
change-show-again = Show it again
change-right = Right! Once more.
change-not-right = That was not quite right. Look at it again.
change-differ = The two fields differ. Type the same thing twice.
change-problems = That password will not do:
change-own = I would rather choose myself
change-own-heading = Choose your own password
change-own-new = New password
change-own-again = New password again
change-own-keep = Save
change-assigned = Give me one instead
change-not-now = Not now
change-stay = Keep the old one
change-rule-length = At least { $count } characters.
change-rule-mixed = Capital and small letters and at least one digit. With at least { $count } characters that is not needed.
change-rule-not = Not your name, a season or something that many people use.

choice-too-short = It is too short. It needs at least { $count } characters.
choice-too-long = It is too long. It may have at most { $count } characters.
choice-no-capital = A capital letter is missing.
choice-no-small = A small letter is missing.
choice-no-digit = A digit is missing.
choice-control = It has characters in it that no keyboard types. Type it yourself instead of pasting it.
choice-own-name = It must not contain your name or your user name.
choice-season = It must not contain a season, since people guess those.
choice-common = It is too easy to guess, since many people use it.
choice-used-before = You have used it before. Think of one that you have not had.

changed-heading = Your password is changed
changed-what = From now on you use the new one. You are logged out everywhere else where you were logged in.
