# Unilogin Faktor 2: an adult says yes, and the pupil waits.

adult-heading = An adult has to say yes
adult-why = { $service } must know for sure that it is you. So an adult who knows you has to say yes.
adult-same-picture = Your teacher sees the same picture beside your name in Elevadgang. Say aloud what you see, or show the screen to your teacher.
adult-until = This page waits until { $time }. It goes on by itself when an adult has said yes.
adult-look = See whether somebody has said yes
adult-again = Ask again
adult-others = Can your teacher not do it just now?
adult-nobodys-fault = It is not your fault, and it is not your teacher's. You can do something else:
adult-parent-here = A parent is here with me and has { $eid }
adult-parent-elsewhere = Is your parent somewhere else? They can say yes at { $address } with { $eid }. They must see the same picture as you.
adult-own-eid = I have { $eid } myself
adult-cancel = I do not want to wait
adult-ran-out = No answer came in time. Your teacher may not have seen it. Ask again when the adult is ready.
adult-denied = The adult said no this time. Talk with the adult about it.
adult-taken-back = The adult's yes no longer counts. You can ask again.
adult-account = Your password has been changed. Log in again before you ask.
adult-too-many = You have asked many times in the last hour. Wait a little, and then try again.
adult-note-not-a-parent = Whoever logged in cannot say yes for you. Only a parent can whom the school has down as having custody.
adult-note-not-proved = Your parent did not finish with { $eid }. You can try again.

confirm-picture = { $above } above { $below }
confirm-shape-0 = { $count ->
    [one] 1 circle
   *[other] { $count } circles
}
confirm-shape-1 = { $count ->
    [one] 1 triangle
   *[other] { $count } triangles
}
confirm-shape-2 = { $count ->
    [one] 1 square
   *[other] { $count } squares
}
confirm-shape-3 = { $count ->
    [one] 1 star
   *[other] { $count } stars
}
confirm-shape-4 = { $count ->
    [one] 1 heart
   *[other] { $count } hearts
}
confirm-shape-5 = { $count ->
    [one] 1 cross
   *[other] { $count } crosses
}

vouch-heading = Give access
vouch-what = A service must know for sure who the pupil is. If you say yes, it counts for two hours for whoever shows the picture below, and only there.
vouch-nobody = None of your pupils is waiting just now.
vouch-nobody-what = When a pupil opens a service that asks for it, the pupil appears in the list here. This page looks by itself.
vouch-no-child = None of your children is waiting just now.
vouch-no-child-what = When your child waits on a page with a picture, the child appears in the list here. Only children are shown of whom the school has you down as having custody, and not children whose name and address are protected.
vouch-pick = Choose those who show the same picture on their screen
vouch-all-here = Pupils on your network are chosen beforehand. Look at their screens before you say yes.
vouch-class = Waiting: { $count }
vouch-for-service = for { $service }
vouch-since = since { $time }
vouch-elsewhere = Is somewhere else than you are. Say yes only if you have asked the pupil.
vouch-doubled = The same pupil waits at two devices. Only one is the pupil's. Look at the picture.
vouch-logged-in-too = The pupil is also logged in on another device or in another window. See that it is the pupil's own screen.
vouch-message = The pupil sees: { $message }
vouch-do = Give access for two hours
vouch-no = Say no
vouch-has = Has access now
vouch-until = until { $time }
vouch-by-parent = a parent said yes
vouch-by-teacher = a teacher said yes
vouch-by-administrator = the school's administration said yes
vouch-take-back = Take back
vouch-back = To your classes
vouch-link = Give access to pupils who wait
vouch-prove-again = To give access you must have logged in within the last quarter of an hour, or with two factors.
vouch-said-given = { $count ->
    [one] 1 pupil has access for two hours now.
   *[other] { $count } pupils have access for two hours now.
}
vouch-said-gone = Some of them were not waiting any more and got no access. See who is waiting now.
vouch-said-no = You said no. The pupil can see it.
vouch-said-back = The access is taken back.
vouch-said-back-told = { $services } has been told.
vouch-said-back-silent = { $services } did not answer when told. Ask the pupil to log out there.
vouch-said-back-no-way = { $services } cannot be told from here. Ask the pupil to log out there.
vouch-said-back-unused = No service had heard of the access yet.
vouch-said-back-later = The services that have heard of the access are told in a moment.
vouch-said-nobody = Choose one or more pupils first.
vouch-said-stale = The list has changed in the meantime, and nobody got access. See who is waiting now.

history-asked-adult = You asked an adult to say yes to { $service }
history-vouched-teacher = { $name } vouched for you as a teacher for two hours
history-vouched-some-teacher = A teacher vouched for you for two hours
history-vouched-administrator = { $name } of the school's administration vouched for you for two hours
history-vouched-some-administrator = The school's administration vouched for you for two hours
history-vouched-parent = { $name } vouched for you as a parent for two hours
history-vouched-some-parent = A parent vouched for you for two hours
history-adult-refused = An adult said no
history-vouched-no-more = An adult's yes was taken back
