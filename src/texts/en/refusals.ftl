# Refusals. The value is the headline; the parts are those of da/refusals.ftl.

UL-101 = Your user name was not found
    .line = Try again.
    .why = We know nobody with that user name. There may be a typing mistake.
    .user = Check the spelling, and ask your teacher if it still does not work.
    .parent = Check the spelling, and ask the school if it still does not work.
    .teacher = Check the spelling. If your user names have an @, they belong to a local login: type the whole name, with what comes after the @. If in doubt, ask your local IT staff.
    .administrator = Look the user up in the latest import. If the user is missing, correct it in the school's administrative system or contact its supplier. If the user only came with a CSV file, register the user in the administrative system instead.
    .operator = See whether the institution's latest import was completed, and whether the account exists under another name.

UL-102 = The password is wrong
    .line = Try again.
    .why = User name and password do not match.
    .user = If you type it, mind capital and small letters. If you have forgotten it, your teacher can help you.
    .parent = Mind capital and small letters. A child gets a new password from its teacher. If you have forgotten your own, press "Forgotten password".
    .teacher = Mind capital and small letters. If a pupil has forgotten it, you can give the pupil a new one under Elevadgang. If you have forgotten your own, press "Forgotten password".
    .board = If the pupil has forgotten the password, give the pupil a new one.
    .administrator = Nobody can look the password up. You can give a pupil a new one. Staff press "Forgotten password" themselves.
    .operator = The message is the same for an account that has no password. The audit log shows which it was.

UL-103 = That cannot be a user name
    .line = Try again.
    .why = A user name has no spaces. If it has an @, there must be something on both sides of it.
    .user = Type your user name as it was given to you. Use small letters.
    .teacher = Type either the user name alone, or the whole name for the local login: name@domain.
    .administrator = Check that the user name handed out is right, and that the domain after the @ is the agreed one.
    .operator = There is nothing to mend. If it happens often, look at the guidance that users get.

UL-104 = Wait a little before you try again
    .line = { $unit ->
        [minutes] { $minutes ->
            [one] You can try again in 1 minute.
           *[other] You can try again in { $minutes } minutes.
        }
       *[seconds] { $seconds ->
            [one] You can try again in 1 second.
           *[other] You can try again in { $seconds } seconds.
        }
    }
    .why = A wrong password has been typed too many times.
    .user = Wait, and then type the password slowly. If you have forgotten it, your teacher can help you.
    .parent = Wait, and then type the password slowly. A child who has forgotten theirs gets a new one from the teacher.
    .teacher = Give the pupil a new password. Then the pupil need not wait.
    .administrator = If you do not know who has been trying, give the user a new password.
    .operator = See in the audit log whether many accounts are hit from one address. That is probably an attack.

UL-105 = Log in in another way, or wait
    .line = { $minutes ->
        [one] You can try again here in 1 minute.
       *[other] You can try again here in { $minutes } minutes.
    }
    .why = Somebody is trying to guess passwords at the moment. For now one can log in with a password only at school, or where one has done so before.
    .user = Use a computer or tablet that you have logged in on before, or log in at school. If you have { $eid }, go back and choose it.
    .teacher = Log in on the school's network, on your own computer or with { $eid }. Pupils can log in at school as they always do.
    .board = Have the pupil log in on the school's network, or on a device that the pupil has used before. A new password does not help.
    .administrator = If you see this at school, ask those who run { $product } to register the school's network.
    .operator = The audit log shows the alarm (auth.spray_alarm) and what it is about. See the manual on alarms.

UL-106 = That login cannot be used here
    .line = Choose another.
    .why = { $service } does not accept the login that this user name belongs to.
    .user = Go to the list of logins, and choose your own. Ask your teacher if you are in doubt.
    .parent = Go to the list of logins, and choose one of those that are there.
    .teacher = Go to the list of logins, and choose one of those that are there. If your own is missing, ask the school's administrator.
    .administrator = The supplier of the service has decided which logins it accepts. If yours is missing, contact the supplier.
    .operator = See in the service's file, under upstreams, and in its request which logins may be used.

UL-201 = Something went wrong
    .line = This user is not connected to { $product }
    .why = Your login went well, but it is not linked to an account here.
    .user = { $kind ->
        [local] Your login at { $upstream } is not linked to an account here. Ask your school.
        [none] Your login is not linked to an account here. Ask your school.
       *[other] Your { $eid } is not linked to an account here. Ask your school.
    }
    .teacher = { $kind ->
        [local] Contact your local IT staff, and give them the code and the error id.
       *[other] Try your private { $eid }. If that works, your { $eid } from work lacks your CPR number. Ask whoever issued it to add the number.
    }
    .board = The pupil's login is not linked to an account here. Contact your local IT staff.
    .administrator = { $kind ->
        [local] Check that { $upstream } sends the UNI-ID or CPR number that the user has in the administrative system.
       *[other] Check the CPR number on the business identity and on the user in the administrative system. If the user has two user names, the one with a CPR number must be used.
    }
    .operator = The log shows under the error id which attributes { $upstream } sent and what was looked up: UNI-ID, CPR number or nothing.

UL-202 = Something went wrong
    .line = The user has no actors.
    .why = We found you, but you do not belong to a school at the moment.
    .user = Your account is not connected to a school at the moment. Ask your school.
    .teacher = Contact the school's administration.
    .administrator = Check the master data, the data on parents or guardians, and the alias of a person with protected name and address. Correct it in the administrative system, and run the import again.
    .operator = See in the latest import report whether the affiliation was rejected or has expired.

UL-203 = Your account is blocked
    .why = The school has blocked the account, so nobody can log in with it.
    .user = Ask your school why the account is blocked.
    .teacher = Contact the school's user administrator. Only they can lift the block.
    .administrator = See who blocked the account and when. Lift the block when the reason is gone.
    .operator = The block was set by a user administrator and is lifted in the same place.

UL-204 = Something went wrong
    .line = This user is not connected to { $product }
    .why = Your { $eid } from work is fine, but your CPR number is not on it. Therefore we cannot find your account.
    .user = Try your private { $eid }.
    .teacher = Try your private { $eid }. If that works, your CPR number is missing on the business identity. Ask whoever issued it to add the number.
    .board = The pupil's login is not linked to an account here. Contact the school's administration.
    .administrator = Add the CPR number to the employee's business identity in { $eid } Erhverv. Check the CPR number on the user in the administrative system as well.
    .operator = The log shows under the error id which company (CVR) the identity belongs to, and which attributes { $upstream } sent.

UL-205 = You cannot use { $eid } here
    .why = { $eid } may be used only where the school is a public body. The school that you are logging in for is not.
    .user = Log in with your user name or with the school's own login. Ask your school if you have none.
    .teacher = Log in with a user name or with the school's own login. If you are at a public school as well, choose that one when you are asked.
    .board = The pupil must log in with a user name or with the school's own login.
    .administrator = Check the user's affiliations. If your school is a public body, have it corrected in the institution's master data.
    .operator = { $upstream } has public_bodies_only, and at least one institution of the chosen affiliations is not registered as public.

UL-301 = The domain name is not connected to an identity provider
    .why = We know of no local login called { $domain }.
    .user = Check what you typed after the @.
    .teacher = Check what you typed after the @. Use small letters. You can also find your local login in the list.
    .administrator = The domain is not registered to a local login. Contact the municipality or the supplier of your login.
    .operator = Add the domain to the local login if it is to be used.

UL-302 = Unexpected error when handling the authentication request to the identity provider
    .why = We could not send you on to { $upstream }.
    .user = Try again in a little while. If it still does not work, ask the school's IT staff.
    .teacher = Contact your local IT staff.
    .administrator = Check the local login's metadata, certificate and address. Contact the municipality or the supplier of your login.
    .operator = The metadata of { $upstream } lacks a usable address or key. The log shows which.

UL-303 = Unexpected error during authentication with the identity provider
    .why = We could not accept the answer from { $upstream }.
    .user = Your local login did not answer as it should. Try again.
    .teacher = Contact your local IT staff, and give them the code and the error id.
    .administrator = Send the code, the error id and the name of the check ({ $check }) to the supplier of your login. Ask them to look at NameID, assurance level and signature.
    .operator = The answer failed a check ({ $check }). The audit log has the details under the error id.

UL-304 = Unexpected error when connecting to the identity provider
    .why = We could not get hold of { $upstream }.
    .user = Try again in a little while. If it still does not work, tell the school.
    .teacher = Ask your local IT staff whether there is a disturbance.
    .administrator = Look at the service status. Contact the municipality or the supplier of your login if nothing is said there.
    .operator = Test the connection to { $upstream } from here: name look-up, certificate, response time.

UL-305 = The login at the identity provider was not completed
    .why = We were told that you were not logged in at { $upstream }.
    .user = Try again. If you pressed Cancel yourself, nothing is wrong.
    .teacher = Try again. If it happens every time, contact your local IT staff.
    .administrator = Find out whether the user can log in elsewhere with the same login. If not, it must be mended there.
    .operator = The answer from { $upstream } was a refusal. The log shows the status that was given.

UL-306 = This identity provider is switched off
    .why = It is not possible to log in with { $upstream } at the moment. Somebody has switched it off.
    .user = Log in in another way, or ask your school.
    .teacher = Ask your local IT staff when the login will work again.
    .administrator = Look at the service status. Contact the municipality if you have not heard about it.
    .operator = { $upstream } is switched off in the configuration.

UL-307 = Unexpected error when connecting to the identity provider
    .line = { $seconds ->
        [one] Try again in 1 second.
       *[other] Try again in { $seconds } seconds.
    }
    .why = { $upstream } does not answer right now, and many are waiting for it already. Other ways to log in work as usual.
    .user = Wait a little and try again, or log in in another way. If it still does not work, tell your school.
    .teacher = Wait a little and try again. Ask the local IT support whether there is an outage.
    .administrator = Look at the service status. If nothing is written there, contact the municipality or the supplier of your login.
    .operator = As many wait for { $upstream } as may (egress.at_once). Try the connection from here: name, certificate, response time.

UL-401 = You need to log in in a safer way
    .why = The content at { $service } is sensitive. The login that you used is not safe enough for it.
    .user = Log in again with { $eid }. If you have no { $eid }, ask your teacher.
    .parent = Log in again with { $eid }.
    .teacher = Log in again with { $eid }.
    .board = The pupil's login is not safe enough for the service. If the pupil has { $eid }, they can log in with that. Otherwise they cannot use it now.
    .administrator = Check which assurance level your local login gives the user, and which one the service requires.
    .operator = The log shows what was required and what could be proved.

UL-402 = You need to log in first
    .why = { $service } asked whether you were logged in. You were not, or there is something you need to choose.
    .user = Go back to the service, and press log in.
    .teacher = Go back to the service, and press log in.
    .administrator = If it happens again and again, contact the supplier of the service.
    .operator = The service asked for a login without questions to the user. It must ask again without that condition.

UL-403 = You cannot log in in the way the service wants
    .why = { $service } asked for a certain login. It does not exist here, or it may not be used.
    .user = Tell your teacher that the service does not work.
    .parent = Tell the school that the service does not work.
    .teacher = Contact the supplier of the service.
    .administrator = Contact the supplier of the service, and ask which logins it requests.
    .operator = Compare the logins that the service names with those that it is approved for.

UL-404 = The service does not want logins through us
    .why = { $service } does not want us to fetch your login from elsewhere.
    .user = Tell your teacher that the service does not work.
    .parent = Tell the school that the service does not work.
    .teacher = Contact the supplier of the service.
    .administrator = Contact the supplier of the service. Its request must allow us to send the user on.
    .operator = The request has ProxyCount 0, and the user has to log in somewhere else.

UL-405 = The service asked for a name that it cannot have
    .why = { $service } asked to know you in a way that it is not approved for.
    .user = Tell your teacher that the service does not work.
    .parent = Tell the school that the service does not work.
    .teacher = Contact the supplier of the service.
    .administrator = Contact the supplier of the service. It must ask for the agreed kind of name.
    .operator = Compare the requested NameID format with the service's registration.

UL-406 = Somebody else logged in
    .why = { $service } requires a safer login. You began as one person, but { $upstream } confirmed another.
    .user = Go back to the service, and log in again. Use your own login both times.
    .teacher = Go back to the service, and log in again. Use your own login both times.
    .board = Two people have used the same browser. Close it, and have the pupil log in again as themselves.
    .administrator = If it is the same person, check that the CPR number is the same on the user in your administrative system and at { $upstream }.
    .operator = The second login of a step-up was not the same user. Neither of the two logins counts.

UL-407 = The service requires a login that nobody can give
    .why = { $service } asked for a level that none of the logins it accepts can reach.
    .user = Tell your teacher that the service does not work.
    .parent = Tell the school that the service does not work.
    .teacher = Contact the supplier of the service.
    .administrator = Contact the supplier of the service. It must ask for a level that exists here.
    .operator = The log shows what was asked for. Compare it with the ceilings of the logins that the service may use, and with the level that the installation is notified for.

UL-501 = We do not know this service
    .why = The website that you came from is not registered here.
    .user = Tell your teacher which website you came from.
    .parent = Tell the school which website you came from.
    .teacher = Contact the supplier of the website.
    .administrator = Ask the supplier whether the service is connected, and whether it uses the right environment.
    .operator = The name that the service gave is in the log. Add it if the service is to take part.

UL-502 = The service sent a message that we cannot accept
    .why = The message from { $service } failed a check. To keep you safe, we stop here.
    .user = Go back to the service, and try again. If that does not work, tell your teacher.
    .parent = Go back to the service, and try again. If that does not work, tell the school.
    .teacher = Contact the supplier of the service, and give them the code and the error id.
    .administrator = Send the code, the error id and the name of the check ({ $check }) to the supplier of the service.
    .operator = The message failed a check ({ $check }). If the service has a new certificate, update its metadata.

UL-503 = The service wants the answer at an address that we do not know
    .why = { $service } has not registered the address that it asked us to answer at. This may be an attempt at fraud.
    .user = Close this page. Go to the service yourself, and try again. If that does not work, tell your teacher.
    .parent = Close this page. Go to the service yourself, and try again. If that does not work, tell the school.
    .teacher = If you followed a link, do not use it. Contact the supplier of the service.
    .administrator = Give the supplier the code and the error id. The address must be registered exactly as it is used.
    .operator = Compare the address in the log with those registered. Add it only when the supplier has confirmed it.

UL-504 = The service is switched off
    .why = It is not possible to log in to { $service } at the moment. Somebody has switched it off.
    .user = Ask your teacher when the service will work again.
    .parent = Ask the school when the service will work again.
    .teacher = Contact the school's user administrator or the supplier of the service.
    .administrator = Look at the service status. Contact the supplier if you have not heard about it.
    .operator = The service is switched off in the configuration.

UL-505 = You are logged in, but have no access to the content of a given service
    .line = Your { $product } works, but does not give you access to the content of the service.
    .why = { $service } is not for the role that you have logged in with.
    .user = You need to contact the supplier of this service to get help. If you are a pupil, ask your teacher.
    .parent = Ask the school whether the service is for parents. Otherwise contact its supplier.
    .teacher = You need to contact the supplier of this service to get help.
    .administrator = Check licence and actor group for the service.
    .operator = The service's registration says which actor groups it is for.

UL-506 = You are logged in, but have no access to { $service }
    .line = Your school has not given you access.
    .why = { $service } needs a licence. Neither your school nor your class nor your role has one at the moment.
    .user = Ask your teacher. The school can give you access.
    .parent = Ask the school. It can give access.
    .teacher = Ask the school's administrator to give access to { $service }: for the whole school, for a class or for a role.
    .administrator = Give access to the service for the school, the class or the actor group. If you have, check the class and the dates, and that the user is in the class.
    .operator = No licence for the service that counts now fits the user's affiliations. Look at institution, actor group, class and dates.

UL-601 = It took too long
    .line = Log in again.
    .why = A login has to be finished before too much time has passed. That is for your safety.
    .user = Go back to the service, and log in again.
    .teacher = Go back to the service, and log in again.
    .administrator = Is the clock right on the user's machine? If it is, there is nothing to mend.
    .operator = If it happens to many, compare the clocks of the servers.

UL-602 = We have lost track of your login
    .line = Log in again.
    .why = Your browser did not bring back what we gave it. That happens, for example, with an old bookmark, or when cookies are switched off.
    .user = Go back to the service, and log in again. Do not use a bookmark to the login page.
    .teacher = Go back to the service, and log in again. Check that the browser allows cookies.
    .administrator = Check that the school's browsers allow cookies from this address.
    .operator = If more than one server answers at this address, they must share keys.

UL-603 = This login has already been used
    .why = You used the Back button after you had logged in. A login can be used only once.
    .user = Go back to the service. You may be logged in already.
    .teacher = Go back to the service. You may be logged in already.
    .administrator = If it happens without the Back button, contact the supplier of the service.
    .operator = The answer has been given. A second answer to the same request is never given.

UL-604 = We are going round in circles
    .why = Your browser was sent back and forth too many times. We stop here so that it does not go on.
    .user = Close all tabs of the browser, and try again. If that does not work, tell your teacher.
    .parent = Close all tabs of the browser, and try again. If that does not work, tell the school.
    .teacher = Delete the cookies of the service, and try again. Otherwise contact the supplier of the service.
    .administrator = The service probably does not remember that the user is logged in. Give the supplier the code and the error id.
    .operator = The log shows the chain of requests under the error id.

UL-605 = The page was too old
    .line = Try again.
    .why = The page had been open for too long, or it did not come from us. To keep you safe, we did not keep what you sent.
    .user = Go back to the service, and log in again.
    .teacher = Go back to the service, and log in again. Check that the browser allows cookies.
    .administrator = If it happens to many, check the school's browser extensions and web filter.
    .operator = See in the log whether it was the form's token or its origin that did not fit.

UL-606 = The page does not exist
    .why = There is nothing at this address.
    .user = Check the address, or go to the front page.
    .teacher = Check the address, or go to the front page.
    .administrator = If you came here from a link, tell its owner.
    .operator = If it often happens from one place, see who links here.

UL-607 = The message is too large
    .why = More was sent than an honest message takes up.
    .user = Go back, and try again. If that does not work, tell your teacher.
    .parent = Go back, and try again. If that does not work, tell the school.
    .teacher = Contact the supplier of the service, or your local IT staff.
    .administrator = Does the local login send many groups along? Ask the supplier to send only what was agreed.
    .operator = The log shows how large the message was and where it came from.

UL-608 = That address is not ours
    .why = Your browser asked for a name that we do not answer to.
    .user = Check the address at the top of the browser.
    .teacher = Check the address at the top of the browser. If you followed a link, do not use it.
    .administrator = Check that links and settings use the right address.
    .operator = Only the configured address is answered. Look for a fault in name look-up or proxy.

UL-609 = You are not logged out here
    .why = The message about logging out failed a check. So we did nothing.
    .user = Press Try again, if the button is there, and log out. Close the browser completely if others use the computer.
    .teacher = Log out with the button, if it is there, or close the browser completely. Contact the supplier of the service if it happens again.
    .administrator = Give the supplier of the service the code and the error id.
    .operator = The log shows which check the message failed.

UL-900 = Something went wrong at our end
    .why = It is nothing that you have done.
    .user = Try again in a little while. If it still does not work, give the code and the error id to your teacher.
    .parent = Try again in a little while. If it still does not work, give the code and the error id to the school.
    .teacher = Try again in a little while. If it still does not work, give the code and the error id to your IT staff.
    .administrator = Look at the service status. Send the code and the error id to those who run { $site }.
    .operator = The cause is in the log under the error id.

UL-901 = It is very busy right now
    .line = { $seconds ->
        [one] Try again in 1 second.
       *[other] Try again in { $seconds } seconds.
    }
    .why = Many people are logging in at the same time, and we cannot keep up.
    .user = Wait a little, and try again.
    .teacher = Wait a little, and try again. Let the class log in in two groups.
    .administrator = Look at the service status. If it goes on, write to those who run { $site }.
    .operator = Look at the load. The limit of simultaneous logins has been reached.

UL-902 = We cannot log anybody in right now
    .line = { $seconds ->
        [one] Try again in 1 second.
       *[other] Try again in { $seconds } seconds.
    }
    .why = The place where we keep what we know of logins does not answer. Without it we cannot keep your login safe, so we stop here.
    .user = Wait a little, and try again. If it goes on, tell your teacher.
    .parent = Wait a little, and try again. If it goes on, tell the school.
    .teacher = Wait a little, and try again. Look at the service status if it goes on.
    .administrator = Look at the service status. If it goes on, write to those who run { $site }, with the code and the error id.
    .operator = The database is away, full, locked or read-only. The log says which under the error id. Portner goes on by itself once it is back.
