# Getting back in: user names and new passwords for those who have proved with their eID who they are.

recovery-heading = Get back in
recovery-own = { $count ->
    [one] Your user name
   *[other] Your user names
}
recovery-children = { $count ->
    [one] Your child
   *[other] Your children
}
recovery-renew = New password for { $name }
recovery-renew-first = Make a password for { $name }
recovery-no-child = Is there a child that you cannot see here? We only show children when their school has told us that you have custody, and when the child's details may be shown. The school can help you.
recovery-too-young = You can get your user name and a new password by yourself from the age of { $age }. Until then your teacher or a parent can help you.
recovery-blocked = The account is blocked, so a new password does not help. The school can lift the block.
recovery-nowhere = The account belongs to no school at the moment. The school can help.
recovery-young = You are too young to get a new password by yourself.
recovery-more-than-pupil = The account is more than a pupil's, for example an employee's. So only its holder can get a new password.
recovery-local = The school has a login of its own, and the account has no password here. Ask the school how to log in.
recovery-enough = Many new passwords have been made today. Try again after { $time }, or get help at the school.
recovery-leave = Done
recovery-leave-help = When you are done, you are logged out here. Then the next person at the screen cannot use your { $eid } login.

recovery-heading-child = New password for { $name }
recovery-why-own = The password that you have forgotten works until you have learnt the new one.
recovery-why-child = Sit down together with { $name } and practise the new password. The old one works until the new one is learnt.
recovery-why-own-first = You have no password yet. You can still log in with { $eid } when you have made one.
recovery-why-child-first = { $name } has no password yet. Sit down together, and practise the new one.
recovery-done-heading = The password is changed
recovery-done-own = From now on you use the new one. You are logged out everywhere. Log in with your user name and your new password.
recovery-done-child = From now on { $name } uses the new password. { $name } is logged out everywhere.
recovery-another = Help another child
