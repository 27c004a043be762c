# Help by adults: a new password from the teacher, and the teacher's own page.

change-why-help = Your teacher has given you a new password. The old one works until you have learnt the new one.
changed-log-in = Now log in with the new password.
forgotten-helped = My teacher has given me a new password
help-too-late = The five minutes are over, or somebody else has used them. Ask your teacher to press “Give a new password” again.

teacher-picture-heading = Which picture does your teacher show?
teacher-picture-why = Your teacher has given you a new password and can see a picture beside your name.
teacher-picture-label = Press the picture that your teacher shows you
teacher-picture-password = I want to log in with my password
