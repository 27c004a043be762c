# Service status.

status-heading = Service status
status-all-well = Everything works as it should.
status-some-trouble = Not all logins work at the moment.
status-as-of = Updated { $time }
status-notices = Notices
status-logins = Logins
status-ok = Working
status-trouble = Trouble
status-off = Switched off
status-feeds = Information from others
status-feeds-what = Which logins and services there are is fetched from here. Where that fails, what was fetched last is used.
status-feed-ok = Fetched as it should be
status-feed-late = Could not be fetched last time
status-feed-waits = A change is being looked at
