# The board of a class: who is logged in, and who is stuck.

board-open = Open the board of { $class }
board-heading = Board of { $class }
board-to-desk = All classes
board-still = The page does not follow by itself.
board-look-again = Fetch it again every 20 seconds
board-look-no-more = Stop fetching it again
board-over = The board does not follow any more. You are logged out, or the class is not yours any more. Refresh the page to see how things stand.
board-displaced = The board does not follow any more, since you have opened several others. Refresh the page if you want to use this one.
board-lost = The connection is gone right now. The board tries again by itself.

board-inside = { $count } of { $all } are logged in
board-stuck-count = { $count ->
    [0] Nobody is stuck
    [one] 1 is stuck
   *[other] { $count } are stuck
}
board-helped-count = { $count ->
    [0] Nobody is getting a new password
    [one] 1 is getting a new password
   *[other] { $count } are getting a new password
}

board-waiting-count = { $count ->
    [0] Nobody waits for an approval
    [one] 1 waits for an approval
   *[other] { $count } wait for an approval
}

board-in = Logged in
board-waits = Waits for approval
board-waits-since = Has waited for the approval of an adult since { $time }.
board-waits-where = Answer here
board-out = Not logged in
board-stuck = Stuck
board-helped = Getting a new password
board-since = Since { $time }
board-stuck-at = At { $time }.
board-stuck-times = { $count ->
    [one] It has happened once.
   *[other] It has happened { $count } times.
}
board-anybody = The board does not know whether it was the pupil.
board-ask-first = First ask the pupil whether it was them.
board-stuck-elsewhere = It happened on another network than yours.

board-aloud = { $pupil } is stuck: { $headline }
board-aloud-many = Several pupils are stuck.

board-how-stuck = "Stuck" means that the last login with the pupil's user name was refused. The board shows the message that was given, and what you can do. If it is a wrong password, it may have been somebody else than the pupil: anybody can type a user name.

# The code and the sheet of a class.

class-heading = The device's class
class-of-device = This device belongs to { $class } at { $school }.
class-what = The device knows the school and the class. The code does not tell who you are.
class-log-in = Log in
class-none = This device belongs to no class.
class-unknown = The code does not work. Perhaps the class is no more. Ask your teacher.
class-forget = Forget the class
class-not-so = Not right?
class-own-login = Your school has a login of its own:
class-code = QR code for the devices of the class
class-code-heading = QR code and sheet of the class
class-code-what = Scan the code with the devices of the class. They know the school and the class then, and not who uses them.

sheet-what = The sheet has the pupils' names, their user names and the code. It has no passwords. Each pupil can see on their own page that the user name was printed.
sheet-do = Make a sheet for the class
sheet-heading = Sheet for { $class }
sheet-printed = Made { $day }
sheet-print = Print the page from your browser.
sheet-back = Back to the board
sheet-name = Name
sheet-user-name = User name
sheet-no-secrets = A user name is no secret. The password is, and it is not here.
