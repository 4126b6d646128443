divert(-1)dnl
dnl
dnl FEATURE(`milter_relay', `SOCKET', `POLICY')
dnl
dnl Lets the milter milter-relay decide who may relay, and tells it what
dnl sendmail knows.  Both arguments may be left out:
dnl   SOCKET  where the milter listens; `local:/run/milter-relay/milter-relay.sock'
dnl   POLICY  who may relay besides the hosts that sendmail itself trusts:
dnl           `auth+pop' (default), `auth-only' or `pop-only'
dnl
dnl What it promises.  Sendmail's own rules stay in force and are not copied:
dnl four calls in them go to rulesets of ours, which call sendmail's and write
dnl down what these said, for each recipient anew:
dnl   {relay_dest}    ours | other | temp     would a stranger's mail to this
dnl                                           recipient be taken?
dnl   {relay_client}  auth | tls | trusted | temp | unknown
dnl                                           why would this client be let relay?
dnl   {relay_policy}  POLICY
dnl "Relaying denied" is then the milter's word; every other refusal of
dnl sendmail's rules (blocked recipient, empty address, ...) stays sendmail's.
dnl With the milter away sendmail answers 451 (F=T), so nobody relays.
dnl
dnl How.  cf/m4/proto.m4, which is read last, calls a ruleset by a token of its
dnl own (Basic_check_rcpt) and defines it by another (SBasic_check_rcpt).  To
dnl define the first renames the call alone.  A sendmail that uses other names
dnl gets nothing replaced and goes on refusing by itself.
dnl
dnl One thing is stricter than without us: in delivery mode "deferred" sendmail
dnl takes every recipient unseen.  Here it is judged like in any other mode.
dnl
dnl The errors and warnings are given when the first call is replaced, so it
dnl does not matter where in the .mc file the offending line stands.
dnl
divert(0)dnl
VERSIONID(`milter_relay.m4: relaying is decided by milter-relay')
divert(-1)

dnl Says what is wrong and stops.  The text in the output makes sendmail refuse
dnl a file that was written in spite of it.
define(`_MILTER_RELAY_STOP_',
`errprint(`*** ERROR: FEATURE(milter_relay): $1
')divert(0)
`milter_relay stopped: $1'
m4exit(`1')')

define(`_MILTER_RELAY_WARN_', `errprint(`*** WARNING: FEATURE(milter_relay): $1
')')

ifdef(`_MILTER_RELAY_', `_MILTER_RELAY_STOP_(`given twice; keep one line')')
define(`_MILTER_RELAY_', `1')

define(`_MILTER_RELAY_SOCKET_', ifelse(len(X`'_ARG_), `1',
	``local:/run/milter-relay/milter-relay.sock'', `defn(`_ARG_')'))
define(`_MILTER_RELAY_POLICY_', ifelse(len(X`'_ARG2_), `1', ``auth+pop'', `_ARG2_'))

ifelse(
	index(defn(`_MILTER_RELAY_SOCKET_'), `local:'), `0', `',
	index(defn(`_MILTER_RELAY_SOCKET_'), `unix:'), `0', `',
	index(defn(`_MILTER_RELAY_SOCKET_'), `inet:'), `0', `',
	index(defn(`_MILTER_RELAY_SOCKET_'), `inet6:'), `0', `',
	`_MILTER_RELAY_STOP_(`socket "'_MILTER_RELAY_SOCKET_`" does not begin with local:, unix:, inet: or inet6:')')

ifelse(
	_MILTER_RELAY_POLICY_, `auth+pop', `',
	_MILTER_RELAY_POLICY_, `auth-only', `',
	_MILTER_RELAY_POLICY_, `pop-only', `',
	`_MILTER_RELAY_STOP_(`policy "'_MILTER_RELAY_POLICY_`" is not auth+pop, auth-only or pop-only')')

dnl F=T: no answer is a 451.  The milter looks into local files only, so an
dnl answer that takes longer than these times will not come.
INPUT_MAIL_FILTER(`milter-relay',
	`S='defn(`_MILTER_RELAY_SOCKET_')`, F=T, T=C:10s;S:10s;R:30s;E:1m')

PUSHDIVERT(6)
# what the milter milter-relay is told
Kmilter_relay_note macro
D{relay_policy}_MILTER_RELAY_POLICY_
POPDIVERT

PUSHDIVERT(9)

######################################################################
###  milter_relay: tell the milter what the rules say
######################################################################

# Nothing is known yet of this recipient.
SMilterRelay_forget
R$*			$: $(milter_relay_note {relay_dest} $@ other $) $1
R$*			$: $(milter_relay_note {relay_client} $@ unknown $) $1

# Local_check_rcpt, and what the site's own rule lets pass is permitted.
SMilterRelay_site
R$*			$: $>MilterRelay_forget $1
R$*			$: $1 $| $>"Local_check_rcpt" $1
R$* $| $#error $- quarantine $*	$: $(milter_relay_note {relay_dest} $@ ours $) $1 $| $#error $@ quarantine $3
R$* $| $#error $*	$#error $2
R$* $| $#discard $*	$#discard $2
R$* $| $#$*		$: $(milter_relay_note {relay_client} $@ trusted $) $1 $| $#$2
R$* $| $#$*		$#$2
R$* $| $*		$@ $2

# RelayTLS, but the answer is noted only, so that the destination is judged.
SMilterRelay_tls
R$*			$: $1 $| $>"RelayTLS" $1
R$* $| $#RELAY		$: $(milter_relay_note {relay_client} $@ tls $) $1 $| NO
R$* $| $#$*		$#$2
R$*			$@ NO

# Local_Relay_Auth and the class of trusted mechanisms, noted only.
# Parameter: ${auth_type}
SMilterRelay_auth
R$*			$: $1 $| <$&{relay_client}>
R$* $| <tls>		$@ NO
R$* $| <$*>		$: $1 $| $>"Local_Relay_Auth" $1
R$* $| $#error $*	$#error $2
R$* $| $#discard $*	$#discard $2
R$* $| $#TEMP $+	$#TEMP $2
R$* $| $#$*		$: $(milter_relay_note {relay_client} $@ trusted $) $1 $| $#$2
R$* $| $#$*		$#$2
R$* $| NO		$@ NO
R$* $| $*		$: < $&{auth_type} >
R< $={TrustAuthMech} >	$: $(milter_relay_note {relay_client} $@ auth $) NO
R$*			$@ NO

# The recipient is judged: in place of Basic_check_rcpt.
SMilterRelay_check
R<>			$@ $>"Basic_check_rcpt" <>
R$@			$@ $>"Basic_check_rcpt"
R$*			$: $1 $| $>"Rcpt_ok" $1
R$* $| RELAY		$: $(milter_relay_note {relay_dest} $@ ours $) $1 $| RELAY
R$* $| $#TEMP $+	$: $(milter_relay_note {relay_dest} $@ temp $) $1 $| <TEMP>
R$* $| $#error $- quarantine $*	$: $(milter_relay_note {relay_dest} $@ ours $) $1 $| $#error $@ quarantine $3
# With credentials what comes after them in Rcpt_ok does not count.
R$* $| $*		$: $1 $| <$&{relay_client}> $2
R$* $| <auth> $*	$# RELAY
R$* $| <tls> $*		$# RELAY
R$* $| <$-> $#$*	$#$3
R$* $| <$-> RELAY	$@ RELAY
# A remote or uncertain destination: may the client relay for what it is?
R$* $| <$-> $*		$: <$3> $| $>"Relay_ok" $1
R<$*> $| RELAY		$: $(milter_relay_note {relay_client} $@ trusted $) RELAY
R<$*> $| $#TEMP $*	$: $(milter_relay_note {relay_client} $@ temp $) TEMP
# A forged or unknown name is final, even where the destination is uncertain.
R<$*> $| $#$*		$: $(milter_relay_note {relay_dest} $@ other $) NO
# No $# here: delayed checks go on for those without credentials.
R$*			$@ OK
POPDIVERT

dnl Is the name $1 in the list $2?  1 or 0.
define(`_MILTER_RELAY_LISTED_',
`eval(index(`:'translit(`$2', `,; 	', `::')`:', `:$1:') >= 0)')

dnl Everything that depends on lines which may stand after the feature's.
define(`_MILTER_RELAY_CHECK_MC_', `dnl
ifdef(`_PROMISCUOUS_RELAY_',
	`_MILTER_RELAY_STOP_(`promiscuous_relay makes this host an open relay; remove it')')dnl
ifelse(_MILTER_RELAY_LISTED_(`milter-relay', defn(`confINPUT_MAIL_FILTERS')), `0',
	`_MILTER_RELAY_STOP_(`a later define of confINPUT_MAIL_FILTERS leaves milter-relay out; add it there')')dnl
ifdef(`_RELAY_LOCAL_FROM_',
	`_MILTER_RELAY_WARN_(`relay_local_from lets everyone relay who claims a local sender')')dnl
ifdef(`_RELAY_DB_FROM_',
	`_MILTER_RELAY_WARN_(`relay_mail_from lets everyone relay who claims a listed sender')')dnl
ifdef(`_LOOSE_RELAY_CHECK_',
	`_MILTER_RELAY_WARN_(`loose_relay_check lets everyone relay with user%site@host')')dnl
ifdef(`_REQUIRE_QUAL_RCPT_',
	`_MILTER_RELAY_WARN_(`_REQUIRE_QUAL_RCPT_ is applied in part only')')dnl
_MILTER_RELAY_DAEMONS_(translit(defn(`_DPO_'), `
 	', `,'))dnl
')

dnl One key=value of the DAEMON_OPTIONS after the other.  Sendmail looks at the
dnl first letter of a key only, so I=, i= and InputMailFilters= are the same.
define(`_MILTER_RELAY_DAEMONS_', `dnl
_MILTER_RELAY_KEY_(`$1')dnl
ifelse(`$#', `1', `', `_MILTER_RELAY_DAEMONS_(shift($@))')')

define(`_MILTER_RELAY_KEY_', `dnl
ifelse(index(`$1', `ODaemonPortOptions='), `0',
		`_MILTER_RELAY_KEY_(substr(`$1', len(`ODaemonPortOptions=')))',
	translit(substr(`$1', 0, 1), `i', `I'), `I',
		`_MILTER_RELAY_FILTERS_(substr(`$1', incr(index(`$1', `='))))')')

define(`_MILTER_RELAY_FILTERS_',
`ifelse(_MILTER_RELAY_LISTED_(`milter-relay', `$1'), `0',
	`_MILTER_RELAY_STOP_(`a DAEMON_OPTIONS with InputMailFilters="$1" leaves milter-relay out, so that listener would relay for everyone; add milter-relay there')')')

dnl $1 called from proto.m4 becomes $2; anywhere else, as in a site's own rules,
dnl it stays.  (An m4 without __file__ cannot tell; then it always becomes $2.)
define(`_MILTER_RELAY_CALL_',
`ifelse(__file__, `__file__', ``$2'',
	index(__file__, `proto.m4'), `-1', ``$1'',
	``$2'')')

define(`Local_check_rcpt',
`_MILTER_RELAY_CHECK_MC_`'_MILTER_RELAY_CALL_(`Local_check_rcpt', `MilterRelay_site')')
define(`Basic_check_rcpt', `_MILTER_RELAY_CALL_(`Basic_check_rcpt', `MilterRelay_check')')
define(`RelayTLS', `_MILTER_RELAY_CALL_(`RelayTLS', `MilterRelay_tls')')
define(`Local_Relay_Auth', `_MILTER_RELAY_CALL_(`Local_Relay_Auth', `MilterRelay_auth')')
