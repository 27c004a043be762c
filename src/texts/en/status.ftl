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
