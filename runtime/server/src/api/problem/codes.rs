//! The codes of all problems, each with its status codes and its meaning: the one list from which
//! `docs/problems.md` and the answers in `/openapi.json` are made.

/// A code of problems: a word for programs, which does not change between releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) struct ProblemCode {
    /// The word that stands in `code`.
    pub(in crate::api) word: &'static str,
    /// The HTTP status codes under which the problem is reported.
    pub(in crate::api) statuses: &'static [u16],
    /// The meaning for people, and the remedy.
    pub(in crate::api) meaning: &'static str,
}

impl ProblemCode {
    const fn new(word: &'static str, statuses: &'static [u16], meaning: &'static str) -> Self {
        Self { word, statuses, meaning }
    }

    /// Returns the code of a word.
    pub(in crate::api) fn named(word: &str) -> Option<&'static Self> {
        PROBLEM_CODES.iter().find(|code| code.word == word)
    }
}

/// All codes, by what they are about.
pub(in crate::api) const PROBLEM_CODES: &[ProblemCode] = &[
    // The request as such.
    ProblemCode::new("no-such-path", &[404], "Nothing is served at this path."),
    ProblemCode::new("unknown-schema", &[404], "No schema has this name."),
    ProblemCode::new("method-not-allowed", &[405], "The path does not take this method."),
    ProblemCode::new(
        "invalid-path",
        &[400],
        "A part of the path is not of its form: a DevEUI, a version, a name.",
    ),
    ProblemCode::new(
        "invalid-query",
        &[400],
        "A parameter of the query is unknown here, missing or not of its form.",
    ),
    ProblemCode::new("malformed-json", &[400, 422], "The body is no JSON."),
    ProblemCode::new(
        "invalid-body",
        &[400, 422],
        "A member of the body is unknown, missing or not of its form; `path` names it.",
    ),
    ProblemCode::new("broken-body", &[400], "The body did not arrive whole: send it again."),
    ProblemCode::new(
        "body-too-large",
        &[413],
        "The body is larger than the limit that the detail names.",
    ),
    ProblemCode::new("body-too-slow", &[408], "The body did not arrive in time."),
    ProblemCode::new(
        "not-acceptable",
        &[406],
        "The answer exists in none of the formats that the Accept header names.",
    ),
    ProblemCode::new("internal", &[500], "A fault of the server; its log says more."),
    // Access.
    ProblemCode::new(
        "token-missing",
        &[401],
        "The request has no token: send `Authorization: Bearer <token>`.",
    ),
    ProblemCode::new(
        "token-malformed",
        &[401],
        "The Authorization header is neither `Bearer` nor `Basic` with the token as password.",
    ),
    ProblemCode::new(
        "token-unknown",
        &[401],
        "The token is mistyped or revoked, or its person was suspended.",
    ),
    ProblemCode::new("token-expired", &[401], "The token has ended: ask an admin for a new one."),
    ProblemCode::new(
        "person-suspended",
        &[401, 409],
        "The person of the token, or for whom it is done, is suspended: ask who looks after the account to resume it.",
    ),
    ProblemCode::new(
        "too-many-wrong-tokens",
        &[429],
        "The address has tried many wrong tokens: wait before the next one.",
    ),
    ProblemCode::new(
        "too-many-requests",
        &[429],
        "The token, its group, or without a token the address, asks more often than it may: come back after \
         `Retry-After`.",
    ),
    ProblemCode::new(
        "too-many-at-once",
        &[429],
        "As many large answers or packages of this token, or without a token of this address, are under way as \
         may be: wait for one of them.",
    ),
    ProblemCode::new(
        "forbidden",
        &[403],
        "The role of the token, or its group, does not allow it.",
    ),
    ProblemCode::new("session-ended", &[401], "The session has ended: sign in again."),
    ProblemCode::new(
        "sign-in-failed",
        &[401],
        "The e-mail address, the password or the code is wrong, or the account cannot be used; which is not told.",
    ),
    ProblemCode::new(
        "code-needed",
        &[401],
        "The password is right, and a code of the second factor is needed as well.",
    ),
    ProblemCode::new(
        "second-factor-needed",
        &[403],
        "An admin has signed in without a second factor: begin one and confirm it at `/v1/me/second-factor`; until then the session reaches the own account alone.",
    ),
    ProblemCode::new(
        "too-many-sign-ins",
        &[429],
        "The address, or the e-mail address, has tried many sign-ins: come back after `Retry-After`.",
    ),
    ProblemCode::new(
        "other-origin",
        &[403],
        "A request with a session that changes anything must come from the server's own pages.",
    ),
    ProblemCode::new(
        "no-session",
        &[409],
        "The request comes with a token, and is for those who have signed in: there is no session.",
    ),
    ProblemCode::new(
        "unknown-session",
        &[404],
        "The person has no session of this id, or it has ended.",
    ),
    ProblemCode::new(
        "no-mail",
        &[409],
        "The server sends no mail: ask who looks after the account for a link.",
    ),
    ProblemCode::new(
        "mail-failed",
        &[503],
        "The mail server did not take the mail: ask again, which makes another link.",
    ),
    ProblemCode::new(
        "no-openid",
        &[409],
        "People of this server do not sign in by OpenID Connect.",
    ),
    ProblemCode::new(
        "openid-not-begun",
        &[400],
        "The sign-in was begun in another browser, or too long ago: begin it again.",
    ),
    ProblemCode::new(
        "openid-unreachable",
        &[503],
        "The provider of OpenID Connect does not answer, or not as it should: try again.",
    ),
    ProblemCode::new(
        "openid-refused",
        &[403],
        "The provider of OpenID Connect has signed nobody in; the detail has its words.",
    ),
    ProblemCode::new(
        "openid-untrusted",
        &[403],
        "What the provider of OpenID Connect asserts does not hold.",
    ),
    ProblemCode::new(
        "no-account",
        &[403],
        "No account goes with the identity: ask who looks after accounts to add you.",
    ),
    ProblemCode::new(
        "several-accounts",
        &[409],
        "Accounts in several homes go with the identity: name the home.",
    ),
    ProblemCode::new("no-identity", &[409], "The person has never signed in by OpenID Connect."),
    ProblemCode::new("weak-password", &[400], "The password is short or easy to guess."),
    ProblemCode::new(
        "unusable-link",
        &[404],
        "The link is mistyped, was used, or its time is over: ask for a new one.",
    ),
    ProblemCode::new(
        "wrong-code",
        &[400],
        "The code is not the present one of the authenticator, or was used.",
    ),
    ProblemCode::new("no-second-factor", &[409], "The person has no second factor."),
    ProblemCode::new(
        "group-missing",
        &[400],
        "An admin, and a sender with several groups, must name the group.",
    ),
    ProblemCode::new("unknown-token", &[404], "No token has this id."),
    ProblemCode::new("name-too-long", &[400], "The name of a token is longer than the limit."),
    ProblemCode::new("expires-in-the-past", &[400], "A token would end before it begins."),
    ProblemCode::new(
        "invalid-scopes",
        &[400],
        "A token needs at least one scope, and each must be one of its role.",
    ),
    ProblemCode::new(
        "last-admin",
        &[409],
        "It is the last admin token with all scopes, or the last admin who holds one: make another one first.",
    ),
    ProblemCode::new(
        "invalid-role",
        &[400],
        "No such role exists, or group, scope, person and network server do not go with it.",
    ),
    // Requests and approvals.
    ProblemCode::new(
        "unknown-request",
        &[404],
        "No request of this id exists for you, or the secret is none of it.",
    ),
    ProblemCode::new(
        "invalid-declaration",
        &[400],
        "The parts of a declaration do not go together; the detail names the part.",
    ),
    ProblemCode::new(
        "request-too-large",
        &[400],
        "The request takes more bytes with its remarks than the limit: write less.",
    ),
    ProblemCode::new(
        "too-many-waiting",
        &[429],
        "As many requests wait for a decision as the settings allow: come again later.",
    ),
    ProblemCode::new("request-decided", &[409], "The request was decided, and stays as it is."),
    ProblemCode::new("unknown-check", &[404], "The request has no check of this number."),
    ProblemCode::new(
        "checks-left",
        &[409],
        "A request is accepted once all its checks are passed; the detail names the others.",
    ),
    ProblemCode::new(
        "asks-already",
        &[409],
        "The partner asks for an approval already: `request` waits for its decision.",
    ),
    ProblemCode::new(
        "invalid-decision",
        &[400],
        "A member of the decision is missing, means nothing for the request, or is too small.",
    ),
    ProblemCode::new(
        "notice-too-short",
        &[400],
        "The approval would end sooner after its notice than the settings allow: `earliest` is the first moment.",
    ),
    ProblemCode::new(
        "approval-not-in-force",
        &[409],
        "The approval of the partner has not begun, or has ended: no further object of it is accepted.",
    ),
    ProblemCode::new(
        "beyond-approval",
        &[409],
        "The partner has as many objects as its approval allows: declare more.",
    ),
    ProblemCode::new(
        "unowned-group",
        &[409],
        "No partner owns the group, and the settings let devices come into groups of partners alone.",
    ),
    ProblemCode::new(
        "other-database",
        &[409],
        "The device lies in another database than the group, and does not move: the detail names both. Register it in \
         a group of its database.",
    ),
    ProblemCode::new(
        "unknown-database",
        &[404],
        "The settings of the server name no database of this name; the detail names those that there are.",
    ),
    ProblemCode::new(
        "group-placed",
        &[409],
        "Something of the group was written already, so it stays in the database that `database` names.",
    ),
    // Requests for decoders.
    ProblemCode::new(
        "invalid-wish",
        &[400],
        "The request for a decoder makes no sense; the detail names the part.",
    ),
    ProblemCode::new(
        "not-now",
        &[409],
        "The step does not follow on the state of the request, or the request has changed meanwhile: look at it.",
    ),
    ProblemCode::new("order-number-missing", &[400], "The order of a decoder needs a number."),
    ProblemCode::new(
        "sponsor-missing",
        &[409],
        "The manifest of the candidate does not name the sponsor as `funded-by`.",
    ),
    ProblemCode::new(
        "vectors-missing",
        &[409],
        "Payloads of the sponsor are not among the vectors of the candidate: `payloads` names them.",
    ),
    ProblemCode::new(
        "payloads-differ",
        &[409],
        "The candidate does not read the payloads as the sponsor says: `faults` tells where.",
    ),
    // Partners and people.
    ProblemCode::new(
        "invalid-name",
        &[400],
        "The name of a partner or a token is a line of characters that are seen; that of a partner has 1 to 200.",
    ),
    ProblemCode::new("partner-exists", &[409], "A partner of this short name exists."),
    ProblemCode::new("unknown-partner", &[404], "No partner of this name exists for you."),
    ProblemCode::new(
        "group-owned",
        &[409],
        "The group is another partner's: take it from that partner first.",
    ),
    ProblemCode::new("group-not-owned", &[409], "The group is none of the partner."),
    ProblemCode::new("unknown-person", &[404], "No person of this id exists for you."),
    ProblemCode::new("email-taken", &[409], "A person of the same home has this e-mail address."),
    ProblemCode::new(
        "too-many-people",
        &[409],
        "The partner or the group has as many accounts as the settings allow.",
    ),
    ProblemCode::new(
        "too-many-grants",
        &[409],
        "The person has as many grants as the settings allow.",
    ),
    ProblemCode::new(
        "too-many-tokens",
        &[409],
        "The person or the partner has as many tokens as the settings allow.",
    ),
    ProblemCode::new(
        "outside-home",
        &[409],
        "The account belongs to a partner or a group, and the scope of the grant is not a part of it.",
    ),
    ProblemCode::new("already-granted", &[409], "The person has this role for this scope already."),
    ProblemCode::new("unknown-grant", &[404], "The person has no grant of this id for you."),
    ProblemCode::new(
        "last-owner",
        &[409],
        "Nobody else owns the partner or the group: make another person its owner first.",
    ),
    ProblemCode::new(
        "master-key-elsewhere",
        &[409],
        "The master key comes from a place that the server does not write: put the new key there before the old \
         one, and start the server again.",
    ),
    ProblemCode::new(
        "master-key-unusable",
        &[409],
        "The master key cannot be rotated: its file cannot be read or written, or holds no usable key; the detail \
         says which. The key of before is in force.",
    ),
    // Backups.
    ProblemCode::new(
        "no-backup-folder",
        &[409],
        "The server has no folder for backups: set `[backup] folder`, or stop the server and back up its data folder.",
    ),
    ProblemCode::new(
        "backup-of-database",
        &[409],
        "A PostgreSQL keeps everything: back it up by its own means, as docs/scale.md says.",
    ),
    ProblemCode::new(
        "backup-exists",
        &[409],
        "There is a backup of this name: give this one another name.",
    ),
    ProblemCode::new(
        "backup-under-way",
        &[409],
        "Another backup is being made: wait until it is done.",
    ),
    // Capacity.
    ProblemCode::new("busy", &[429], "Too much is under way: come back after `Retry-After`."),
    ProblemCode::new(
        "too-many-expensive-requests",
        &[429],
        "The token, or its group, has too many requests under way that cost much.",
    ),
    ProblemCode::new(
        "too-busy",
        &[503],
        "The server does too much at once that costs much: ask again.",
    ),
    ProblemCode::new("took-too-long", &[503], "The work took longer than it may."),
    ProblemCode::new(
        "quota-exceeded",
        &[409, 429],
        "The group has used up a quota; `quota`, `used` and `limit` say which and by how much.",
    ),
    ProblemCode::new(
        "too-many-followers",
        &[429],
        "Too many clients follow the records of the group already.",
    ),
    ProblemCode::new(
        "not-kept",
        &[503],
        "Nothing was changed, since it could not be made durable: send it again.",
    ),
    ProblemCode::new(
        "storage-full",
        &[507],
        "The disk is full: frames are taken again once records have left.",
    ),
    ProblemCode::new(
        "audit-full",
        &[507],
        "The audit is full, and nothing is changed without a line in it.",
    ),
    ProblemCode::new("store-stalled", &[503], "The disk has not finished a write in time."),
    ProblemCode::new(
        "store-failed",
        &[503],
        "The store has failed; the log of the server says more.",
    ),
    ProblemCode::new("stopping", &[503], "The server is being stopped."),
    ProblemCode::new(
        "node-behind",
        &[503],
        "The node could not read what other nodes of the same store have changed: ask another node.",
    ),
    ProblemCode::new(
        "no-lead",
        &[503],
        "No node leads at the moment, or the one that does cannot be reached: another one leads within ten seconds.",
    ),
    ProblemCode::new(
        "node-not-recognized",
        &[401],
        "The request says that a node hands it on, and no node of this store has sealed it for this one.",
    ),
    // Frames.
    ProblemCode::new("malformed-frame", &[400], "The bytes are no LoRaWAN frame."),
    ProblemCode::new(
        "malformed-protobuf",
        &[400, 422],
        "The body is no Protobuf message of this kind.",
    ),
    ProblemCode::new("malformed-xml", &[400, 422], "The body is no XML that can be read."),
    ProblemCode::new(
        "other-format",
        &[400, 422],
        "The message is one of another kind of network server.",
    ),
    ProblemCode::new("unknown-dev-addr", &[404], "No device has a session with this DevAddr."),
    ProblemCode::new("unknown-dev-eui", &[404], "No device of this DevEUI is registered."),
    ProblemCode::new(
        "mic-mismatch",
        &[422],
        "The MIC is right with the keys of no device that could have sent the frame.",
    ),
    ProblemCode::new("ambiguous-mic", &[422], "The MIC is right with the keys of several devices."),
    ProblemCode::new(
        "keys-withheld",
        &[422],
        "The network server keeps the network keys, and does not say that it has checked the MIC.",
    ),
    ProblemCode::new(
        "other-device",
        &[422],
        "The frame is of another device than the network server says.",
    ),
    ProblemCode::new(
        "other-f-cnt",
        &[422],
        "The frame counter is another one than the network server says.",
    ),
    ProblemCode::new(
        "unknown-app-s-key",
        &[422],
        "The AppSKey of the session is not known, so the payload cannot be decrypted.",
    ),
    ProblemCode::new(
        "mic-unconfirmed",
        &[422],
        "The keys of the device are registered here, and the MIC does not fit what the report tells.",
    ),
    ProblemCode::new(
        "other-network-server",
        &[403],
        "The device belongs to another network server than the one that the token is bound to.",
    ),
    ProblemCode::new(
        "ambiguous-device",
        &[409],
        "The message has no DevEUI, and several devices may be meant.",
    ),
    ProblemCode::new(
        "duplicate",
        &[409],
        "The frame was taken before, without a record of its own.",
    ),
    ProblemCode::new(
        "replayed-f-cnt",
        &[409],
        "The frame counter is not above the last one: an old frame was played again, or the device restarted.",
    ),
    ProblemCode::new(
        "in-flight",
        &[503],
        "Another copy of the frame is being taken: send this one again.",
    ),
    ProblemCode::new("other-join-eui", &[422], "The device is registered with another JoinEUI."),
    ProblemCode::new(
        "replayed-dev-nonce",
        &[409],
        "The DevNonce of the join request was used before.",
    ),
    ProblemCode::new(
        "replayed-join-nonce",
        &[409],
        "The JoinNonce of the join accept was used before.",
    ),
    ProblemCode::new("nobody-asked", &[422], "No join request goes with this join accept."),
    ProblemCode::new("rejoin-request", &[422], "Rejoin requests are not read."),
    // Devices.
    ProblemCode::new("unknown-gateway", &[404], "No gateway of this name was heard."),
    ProblemCode::new(
        "unknown-device",
        &[404],
        "No device of this DevEUI is registered in your groups.",
    ),
    ProblemCode::new(
        "device-elsewhere",
        &[409],
        "The device cannot be registered in your groups: ask the operator of the server.",
    ),
    ProblemCode::new(
        "description-too-large",
        &[400],
        "Name, tags and variables of a device take more bytes than the limit.",
    ),
    ProblemCode::new(
        "impossible-registration",
        &[400],
        "The parts of a registration do not go together.",
    ),
    ProblemCode::new(
        "unreadable-sheet",
        &[400],
        "The file is no sheet of devices that can be read: its kind, its headings, its size.",
    ),
    ProblemCode::new(
        "rows-refused",
        &[422],
        "Rows of the sheet cannot be taken, so nothing of it was: `verdicts` has the cells and the reasons.",
    ),
    ProblemCode::new("unknown-point", &[404], "No point of this name is in the group."),
    ProblemCode::new(
        "impossible-link",
        &[409],
        "The device cannot be on the point, or leave it, at that moment.",
    ),
    ProblemCode::new(
        "impossible-session",
        &[400, 422],
        "The session that is handed over cannot be used.",
    ),
    ProblemCode::new("other-session", &[409], "The session contradicts the one that is known."),
    ProblemCode::new(
        "unknown-network-server",
        &[400, 409],
        "The settings have no network server of this name.",
    ),
    // Commands.
    ProblemCode::new("unknown-downlink", &[404], "No command of this id exists in your groups."),
    ProblemCode::new("unknown-group", &[404], "No group of this name with devices exists for you."),
    ProblemCode::new("no-devices", &[404], "No device of the group has these tags."),
    ProblemCode::new(
        "too-many-devices",
        &[422],
        "The command would go to more devices than the limit.",
    ),
    ProblemCode::new("command-too-large", &[400], "The command is longer than the limit."),
    ProblemCode::new(
        "priority-not-permitted",
        &[403],
        "The group may not send commands with the priority `high`.",
    ),
    ProblemCode::new(
        "invalid-expiry",
        &[400],
        "The command would expire twice, in the past, or too late.",
    ),
    ProblemCode::new(
        "invalid-idempotency-key",
        &[400],
        "The Idempotency-Key is empty, too long, or not of visible characters.",
    ),
    ProblemCode::new("other-request", &[422], "The Idempotency-Key names another request already."),
    ProblemCode::new(
        "request-under-way",
        &[409],
        "The request of this Idempotency-Key is being carried out.",
    ),
    ProblemCode::new(
        "no-decoder",
        &[422],
        "The device has no decoder that could encode the command.",
    ),
    ProblemCode::new(
        "no-network-server",
        &[422],
        "The device was not heard of yet, and no network server is named in its registration.",
    ),
    ProblemCode::new(
        "no-downlinks",
        &[422],
        "The settings of the network server say no way for commands.",
    ),
    ProblemCode::new("handed-over", &[409], "The network server has the command already."),
    ProblemCode::new(
        "may-be-handed-over",
        &[409],
        "The network server may have the command already.",
    ),
    ProblemCode::new(
        "at-its-end",
        &[409],
        "The command is sent, failed, expired or cancelled already.",
    ),
    ProblemCode::new("unknown-schedule", &[404], "No schedule of this id exists in your groups."),
    ProblemCode::new(
        "invalid-schedule",
        &[400],
        "The schedule means nobody or has no moments; the detail says what to write instead.",
    ),
    ProblemCode::new(
        "too-many-schedules",
        &[409],
        "The group has as many schedules as it may have.",
    ),
    ProblemCode::new(
        "schedule-under-way",
        &[409],
        "The schedule is being carried out: change it again in a moment.",
    ),
    // Records and routes.
    ProblemCode::new("cursor-beyond-end", &[409], "The cursor is beyond the last record."),
    ProblemCode::new("invalid-cursor", &[400], "Last-Event-ID is no cursor of a record."),
    ProblemCode::new("no-such-route", &[404], "The group has no route of this name."),
    ProblemCode::new(
        "no-such-record",
        &[404],
        "The group keeps no record of this id, or it does not wait for the route.",
    ),
    ProblemCode::new(
        "invalid-route",
        &[422],
        "The route is well-formed and cannot work; the detail names the member.",
    ),
    ProblemCode::new("too-many-routes", &[409], "The group has as many routes as it may have."),
    ProblemCode::new(
        "wrong-kind-of-route",
        &[409],
        "The route is one of another kind: records are pulled from pull routes alone.",
    ),
    // Alerts.
    ProblemCode::new("no-such-alert", &[404], "The group has no alert of this id."),
    ProblemCode::new("no-such-alert-rule", &[404], "The group has no rule of this name."),
    ProblemCode::new(
        "invalid-alert-rule",
        &[422],
        "The rule is well-formed and cannot work; the detail says where, and what to write instead.",
    ),
    ProblemCode::new(
        "too-many-alert-rules",
        &[409],
        "The group has as many rules as it may have, or as many as may watch one device: remove one first.",
    ),
    ProblemCode::new(
        "already-acknowledged",
        &[409],
        "Somebody has acknowledged the alert already; the detail says who.",
    ),
    // Decoders.
    ProblemCode::new("unknown-decoder", &[404], "The registry has no decoder of this name."),
    ProblemCode::new("no-version", &[404], "No version of the decoder satisfies the requirement."),
    ProblemCode::new(
        "no-stable-version",
        &[404],
        "The decoder has candidates and no stable version.",
    ),
    ProblemCode::new("quarantined", &[409], "The version misbehaved too often and is set aside."),
    ProblemCode::new("invalid-reason", &[422], "The reason is empty, or longer than the limit."),
    ProblemCode::new("not-quarantined", &[409], "The version is not set aside."),
    ProblemCode::new(
        "decoder-failure",
        &[422],
        "The decoder reports that it cannot read the input; `failure` says more.",
    ),
    ProblemCode::new("no-application-payload", &[422], "The frame has no payload for a decoder."),
    ProblemCode::new("out-of-fuel", &[422], "The decoder took more fuel than a call may."),
    ProblemCode::new("out-of-memory", &[422], "The decoder took more memory than a call may."),
    ProblemCode::new("table-too-large", &[422], "The decoder made a table larger than a call may."),
    ProblemCode::new("stack-exhausted", &[422], "The decoder took more stack than a call may."),
    ProblemCode::new("trapped", &[422], "The decoder crashed."),
    ProblemCode::new("exception", &[422], "The script threw an exception."),
    ProblemCode::new(
        "invalid-output",
        &[422],
        "The decoder returned something that the contract forbids.",
    ),
    // The registry.
    ProblemCode::new("invalid-signature", &[400], "The header with the signature cannot be read."),
    ProblemCode::new("unsigned", &[403], "The package must be signed."),
    ProblemCode::new("wrong-signature", &[403], "The signature is not one of this package."),
    ProblemCode::new("unknown-key", &[403, 404], "No publisher of this key is known."),
    ProblemCode::new("revoked-key", &[403, 409], "The key is revoked."),
    ProblemCode::new(
        "other-namespace",
        &[403],
        "The key is not allowed to publish under this vendor.",
    ),
    ProblemCode::new("invalid-namespaces", &[400], "A key needs namespaces that are vendors."),
    ProblemCode::new(
        "version-exists",
        &[409],
        "The version is published with other content, and never changes; a mapping needs a higher one.",
    ),
    ProblemCode::new(
        "refused",
        &[422],
        "The gate refuses the package, or the intake a parked message; the detail says why.",
    ),
    ProblemCode::new("not-a-package", &[422], "The file is no package of a decoder."),
    ProblemCode::new(
        "other-name",
        &[422],
        "The manifest names another decoder or version than the path.",
    ),
    ProblemCode::new("compiler-failed", &[422], "The component could not be compiled."),
    ProblemCode::new(
        "unusable-component",
        &[422],
        "The component does not keep to the contract or its limits.",
    ),
    ProblemCode::new(
        "vector-differs",
        &[422],
        "A vector does not give the reading that it expects.",
    ),
    ProblemCode::new(
        "undeclared-field",
        &[422],
        "A reading has a field that the manifest does not declare.",
    ),
    ProblemCode::new(
        "other-type",
        &[422],
        "A field is of another type than the manifest declares.",
    ),
    ProblemCode::new(
        "undeclared-quantity",
        &[422],
        "A reading has a quantity that the manifest does not declare.",
    ),
    ProblemCode::new("misbehaves", &[422], "The decoder misbehaves on random payloads."),
    ProblemCode::new(
        "incompatible",
        &[422],
        "The version breaks what users of the previous one rely on: raise the major number.",
    ),
    ProblemCode::new("version-missing", &[400], "The body must name the version."),
    ProblemCode::new("already-so", &[409], "The decoder or the person is in this state already."),
    ProblemCode::new("yanked", &[409], "The version is withdrawn: `unyank` it first."),
    ProblemCode::new("not-yanked", &[409], "The version is not withdrawn."),
    ProblemCode::new(
        "no-candidate",
        &[409],
        "The decoder has no candidate, or the version is none.",
    ),
    ProblemCode::new(
        "derived-decoder",
        &[409],
        "No version of a derived decoder is tried on live frames: rehearse it over kept records.",
    ),
    ProblemCode::new("nothing-before", &[409], "No earlier stable version exists to return to."),
    ProblemCode::new("no-canary", &[404], "No candidate is given to a share of the devices."),
    ProblemCode::new("no-shadow", &[404], "No candidate runs beside the stable version."),
    ProblemCode::new("no-mapping", &[404], "The decoder has no such mapping of its fields."),
    ProblemCode::new(
        "not-a-script",
        &[409],
        "The decoder is a component, which measures by itself: mappings are for scripts.",
    ),
    ProblemCode::new(
        "invalid-mapping",
        &[422],
        "The mapping says what cannot be; `faults` names the fields.",
    ),
    // Notices.
    ProblemCode::new(
        "unknown-notice",
        &[404],
        "No notice has this id, or none that is about the sender's objects.",
    ),
    ProblemCode::new(
        "invalid-notice",
        &[400],
        "The notice says what cannot be; `path` names the member, and the detail what to write instead.",
    ),
    ProblemCode::new("no-notice-hook", &[404], "No system of the group is told of notices."),
    ProblemCode::new(
        "invalid-notice-hook",
        &[400],
        "The address is none that notices can be posted to; the detail says what to write instead.",
    ),
    ProblemCode::new("notice-cancelled", &[409], "The notice was taken back: make another one."),
    // Statements.
    ProblemCode::new("day-to-come", &[400], "The day of the statement has not begun."),
    ProblemCode::new(
        "statement-differs",
        &[409],
        "What was issued for the day differs from what is stated now; `partners` names those concerned.",
    ),
    ProblemCode::new(
        "unknown-inhabitants",
        &[409],
        "The settings have inhabitants of a partner that there is not; admins are told which.",
    ),
    // Parked messages.
    ProblemCode::new("unknown-message", &[404], "No parked message has this id."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_listed_once_with_a_status_and_a_sentence() {
        for (index, code) in PROBLEM_CODES.iter().enumerate() {
            let later = &PROBLEM_CODES[index + 1..];
            assert!(
                !later.iter().any(|other| other.word == code.word),
                "{} comes twice",
                code.word
            );
            assert!(!code.statuses.is_empty(), "{} has no status", code.word);
            assert!(
                code.statuses.iter().all(|status| (400..600).contains(status)),
                "{}",
                code.word
            );
            assert!(code.meaning.ends_with('.'), "{}: {:?}", code.word, code.meaning);
        }
    }
}
