/**
 * What the API answers: one interface a schema of its OpenAPI document, same names, same fields.
 *
 * Ids are the public ids, hexadecimal; a content is named by its SHA-256; times are ISO 8601 in UTC.
 */

/** GET session */
export interface Session {
  signed_in: boolean;
  name: string | null;
  display_name: string | null;
  csrf_token: string;
  /** The embedded default: one local owner, no sign-in. */
  local_owner: boolean;
  permissions: string[];
  ends_at: string | null;
}

/** GET session/doors */
export interface Doors {
  /** Only a page of this origin may use them. */
  origin: string;
  passkeys: boolean;
  /** Host of the sign-in provider. */
  provider: string | null;
}

/** GET passkeys */
export interface Passkey {
  id: string;
  name: string;
  created_at: string;
  used_at: string | null;
}

export interface Page<T> {
  items: T[];
  /** Pass it as `cursor`; null at the end. */
  next: string | null;
  /** How many there are in all, where that is cheap to say. */
  total: number | null;
}

/** GET cases */
export interface Case {
  id: string;
  number: string;
  title: string;
  agency: string;
  release_level: string;
  created_at: string;
  files: number;
  alerts: number;
  unread_notices: number;
}

export interface OutcomeCount {
  outcome: string;
  title: string;
  meaning: string;
  count: number;
}

export interface Exhibit {
  id: string;
  number: string;
  description: string;
  files: number;
  bytes: number;
  /** none, first-look or full */
  reached: string;
  waiting_for_full_pass: number;
  /** Whether the place of its last reading is there now. */
  attached: boolean;
  readings: { started_at: string; finished_at: string | null; root: string }[];
  progress: Progress | null;
  /** Why there is more to be done, where nobody here is at it. */
  unfinished: "not-begun" | "interrupted" | "first-look" | null;
}

export interface Progress {
  job: string;
  stage: string;
  done: number;
  total: number | null;
  started_at: string;
}

export interface ProblemCount {
  code: string;
  title: string;
  meaning: string;
  next_step: string;
  count: number;
}

/** GET cases/{number} */
export interface CaseDetail {
  case: Case;
  outcomes: OutcomeCount[];
  exhibits: Exhibit[];
  unreadable: ProblemCount[];
  changed_since_last_look: { files: number; matches: number; judgements: number; notices: number; since: string | null };
}

/** GET cases/{number}/notices */
export interface Notice {
  kind: string;
  text: string;
  created_at: string;
  contents: number;
  /** It came since this viewer last looked. */
  is_new: boolean;
  /** What it speaks of; null where it speaks of none, or that is gone. */
  list: string | null;
  edition: number | null;
  exhibit: string | null;
  case: string | null;
  index: string | null;
}

/** GET cases/{number}/gallery: a stack, by the first of its files that was asked for. */
export interface GalleryItem {
  id: string;
  sha256: string;
  kind: "picture" | "video" | "audio";
  outcome: string;
  name: string;
  path: string;
  exhibit: string;
  size: number;
  width: number;
  height: number;
  seconds: number | null;
  taken: string | null;
  taken_at: string | null;
  camera: string | null;
  lists: string[];
  stack_size: number;
  /** none, first-look or full */
  reached: string;
  /** The code in the unit's scheme that stands for this viewer, and whether it is this viewer's own vote. */
  code: string | null;
  judged_by_me: boolean;
  viewable: boolean;
}

export interface Facet {
  value: string;
  count: number;
}

/** GET cases/{number}/facets: of each field the counts are those that the other filters leave. */
export type Facets = Record<"outcome" | "exhibit" | "kind" | "camera" | "list" | "reached" | "judged" | "code", Facet[]>;

/** GET media/{sha256}?case= */
export interface MediaDetail {
  sha256: string;
  sha1: string;
  md5: string;
  size: number;
  media_type: string;
  kind: string;
  width: number;
  height: number;
  seconds: number | null;
  outcome: string;
  reached: string;
  problem: string | null;
  viewable: boolean;
  files: { exhibit: string; case: string; path: string; size: number | null; times: { kind: string; raw: string; zone: string }[] }[];
  clues: { kind: string; value: string; source: string }[];
  matches: EntryMatch[];
  near: NearMatch[];
  classification: Verdict;
}

export interface EntryMatch {
  id: string;
  list: string;
  role: string;
  entry: string;
  category: string | null;
  /** Which part of the content: a stream with a moment or seconds of it, behind `@`. */
  part: string;
  basis: string;
  distance: number;
  orientation: string;
  recalled: boolean;
  quarantined: boolean;
  /** What was said of the entry itself: doubted where unsure, retracted where negative. */
  entry_state: Verdict["state"];
  verdict: Verdict;
}

export interface NearMatch {
  sha256: string;
  name: string;
  exhibit: string;
  case: string;
  basis: string;
  /** Which picture or stream of this content, and of the other. */
  part: string;
  other_part: string;
  /** Bits; of footage, in the mean; null for sound. */
  distance: number | null;
  orientation: string;
  /** Of each one's duration, 0-1; null where it is not about footage or sound. */
  share: number | null;
  other_share: number | null;
  spans: Span[];
  verdict: Verdict;
  viewable: boolean;
  kind: string;
}

/** Seconds in this medium and in the other; a picture is one moment, from 0 to 0. */
export interface Span {
  begin: number;
  end: number;
  other_begin: number;
  other_end: number;
  /** Seconds of the other for a second of this one. */
  speed: number;
}

export interface Verdict {
  state: "open" | "positive" | "negative" | "unsure" | "disputed";
  code: string;
  needed: number;
  votes: { author: string; decision: "positive" | "negative" | "unsure"; code: string; at: string; reason: string; mine: boolean; id: string }[];
}

/** POST judgements: contents `object` and `other`, or content `object` with `list` and `entry`, or with a `code`. */
export interface NewJudgement {
  case?: string;
  subject: "match" | "entry-match" | "stack" | "classification" | "entry";
  object?: string;
  other?: string;
  list?: string;
  entry?: string;
  decision: "positive" | "negative" | "unsure";
  code?: string;
  scheme?: string;
  scheme_version?: string;
  reason: string;
}

/** GET schemes */
export interface Scheme {
  name: string;
  version: string;
  title: string;
  codes: { code: string; title: string; key: string | null }[];
}

/** GET lists */
export interface HashList {
  id: string;
  name: string;
  role: string;
  origin: string;
  scheme: string;
  entries: number;
  editions: Edition[];
  quarantined: number;
}

export interface Edition {
  ordinal: number;
  file_name: string;
  imported_at: string;
  added: number;
  changed: number;
  withdrawn: number;
  /** Records that could not be taken. */
  broken: number;
}

/** GET lists/{name}/editions/{ordinal}/broken */
export interface BrokenRecord {
  /** Line, row or record of the file. */
  position: number;
  reason: string;
}

/** GET doubtful-entries: what suddenly matches far more than before; it keeps matching until somebody looks. */
export interface DoubtfulEntry {
  list: string;
  entry: string;
  case: string;
  exhibit: string;
  files: number;
  before: number;
}

/** Work that a request began. */
export interface Job {
  id: string;
  kind: "ingest" | "import";
  about: string;
  state: "waiting" | "running" | "done" | "failed" | "stopped";
  /** Its end was asked for; it ends after the portion in hand. */
  is_stopping: boolean;
  case: string | null;
  stage: string;
  done: number;
  total: number | null;
  ended_at: string | null;
  error: string;
  /** Of an import that is done. */
  imported: Imported | null;
}

export interface Imported {
  edition: number;
  /** False where an edition is this very file already. */
  is_new: boolean;
  added: number;
  changed: number;
  withdrawn: number;
  broken: number;
  matched: number;
}

/** GET audit/events */
export interface AuditEvent {
  number: number;
  at: string;
  actor: string;
  action: string;
  object_kind: string;
  case: string | null;
  justification: string;
  outcome: string;
}

/** POST audit/verify: what somebody would find who was handed the log now. */
export interface Verified {
  holds: boolean;
  events: number;
  faults: string[];
  limits: string[];
}

/** GET users */
export interface User {
  name: string;
  display_name: string;
  active: boolean;
  agency: string;
  unit: string | null;
  roles: { role: string; unit: string; agency: string }[];
}

/** GET subjects: whom the sign-in provider means by which subject. */
export interface BoundSubject {
  user: string;
  issuer: string;
  subject: string;
  bound_at: string;
  bound_by: string;
}

/** GET access/explain */
export interface Explanation {
  allowed: boolean;
  reasons: { record: string; rule: string; text: string; grants: boolean }[];
}

/** GET exposure: how much each person saw; no pictures. */
export interface Exposure {
  person: string;
  today: number;
  week: number;
  revealed_today: number;
  revealed_week: number;
  limit: number | null;
}

/** GET exposure/limits: for a unit, an agency, or, where both are null, everybody. */
export interface ExposureLimit {
  id: string;
  agency: string | null;
  unit: string | null;
  a_day: number | null;
  before_a_break: number | null;
  break_minutes: number | null;
}

/** GET exhibit-folders: the folders in a folder of the server. */
export interface Folders {
  path: string;
  /** The folder above; empty for the places where one may begin, null there. */
  parent: string | null;
  folders: { name: string; path: string }[];
  unnamed: number;
}

/** GET roles */
export interface Role {
  code: string;
  title: string;
  meaning: string;
  may: string[];
  reach: "cases" | "agency";
}

/** GET access/cases: who is let to a case; nothing of what lies in it. */
export interface CaseAccess {
  id: string;
  number: string;
  agency: string;
  release_level: string;
  agencies: string[];
  members: { user: string | null; unit: string | null; since: string; by: string }[];
}

/** GET policies: how many must agree. */
export interface Policy {
  subject: string;
  votes: number;
  set_by: string | null;
  set_at: string | null;
}

/** GET approvals: what waits for a second person before it leaves the agency. */
export interface Approval {
  id: string;
  case: string;
  act: string;
  asked_by: string;
  asked_at: string;
  approved_by: string | null;
}

/** POST match */
export interface MatchAnswer {
  hit: boolean;
  /** Null without leave to see them. */
  matches: { list: string; entry: string; scheme: string; category: string | null; basis: string; distance: number; orientation: string }[] | null;
}

/** POST match/file */
export interface FileAnswer {
  media_type: string;
  sha256: string | null;
  problem: string | null;
  answer: MatchAnswer;
}
