# What a delivery cannot change of what is there already, and why it waits for a yes. The value says
# what is wrong, the part mend what can be done. Never a CPR number, never the name of a person.

import-number-contradicts = Unexpected CPR number for this localPersonID. The row was not taken, and the person is as before.
    .mend = If it is the same person with a new CPR number, let an administrator re-identify the person. If it is somebody else, give them a local id of their own in the source system.
import-number-of-another = The CPR number is somebody else's, who is known here. The row was not taken, and the person is as before.
    .mend = Find out whose number it is, and mend the wrong one in the source system. If it is one person twice, delete one of them.
import-number-elsewhere = The person is somewhere else too, where the person is meant to whom the CPR number has led so far. The row was not taken, and the person stays as they were.
    .mend = Is it somebody else than whom the other place means, give them a new local id in the source system. Is it the same person with a new CPR number, the other places must end the person first, or be without them while the number is changed.
import-adult-number-contradicts = A contact person is known by another CPR number. The pupil was taken; the contact person is as before.
    .mend = Check the contact person's CPR number in the source system.
import-class-unknown = The class { $group } is neither in the delivery nor known as a main group. The row was not taken.
    .mend = Check the pupil's class in the source system, and that the class itself is sent.
import-group-not-known = The group { $group } is neither in the delivery nor known. The person was taken without it.
    .mend = Take the group off the person in the source system, or send the group first.
import-not-known = What was to be removed is not here.
    .mend = There is nothing to mend, unless the source has changed its local ids.
import-names-not-kept = The file has UNI-IDs or user names of new people. They were given others, since the file was not taken in as a move.
    .mend = Does the institution move in with its UNI-IDs, take the file in for the first time with portner import apply --moving-in.
import-local-id-reused = The local id was somebody else’s: the number and the name or the day of birth are other ones. The row was not taken, and the person stays as they were.
    .mend = Give the new person a local id of their own in the source system. Is it the same person, let an administrator re-identify them.
import-nobody-leaves = Some rows could not even be read far enough to tell whom they are about. So nobody was removed.
    .mend = Mend those rows, and send the whole delivery again.
import-unconfirmed = The person belongs to an institution of another owner too. The row was taken, but the affiliation is not confirmed: it gives you no say over the account.
    .mend = If they are yours, let the person choose you at a login, or let two administrators vouch for it at the desk. If it is a mistake, correct the CPR number in the source system.

import-reason-people-leave = { $left } of { $of } people would be gone, with those who left in the last seven days.
import-reason-adults-leave = { $left } of { $of } contact persons would be gone, with those who left in the last seven days.
import-reason-class-emptied = The class { $class } would lose all of its { $pupils } pupils, who are in no other class.
import-reason-role-gained = { $by } of { $of } people would gain the role { $role }, which they had not.
import-reason-rows-refused = { $refused } of { $of } rows of people cannot be taken in. Something may be wrong with the whole file.
import-reason-custody-gained = { $by } contact persons of { $of } pupils would gain custody, which they had not.
import-reason-new-source = The source has never told of this institution, of which other sources tell: { $others }. Is it a change of system, use change-source.
import-reason-year-over = The file is about the school year { $year }, which is over.
import-reason-future = The file says that it was written at { $sent }, which is still to come. Correct sourceDateTime in the source system.
import-reason-nothing-taken = Nobody of the delivery could be taken: { $refused } rows were refused. Nothing was changed, and the delivery may be sent again with the same time when the rows are corrected.
import-reason-not-newer = The source has sent something at least as new already: { $last }.
import-reason-other-institution = Whoever delivered it may not deliver for this institution.
import-reason-other-source = Whoever delivered does not speak for the source of the file.
import-reason-unreadable = The delivery could not be read: { $reason }.

import-why-present = Is in the latest import.
import-why-gone = Was not in the latest full import, or was reported gone; access ended { $at }.
import-why-refused = A row in the latest import was not taken.
import-why-unknown = The source has never sent a person with this local id.
