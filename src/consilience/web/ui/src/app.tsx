/** Who is signed in decides what there is; the shell holds what is the same on every screen. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { Link, Redirect, Route, Switch, useRoute } from "wouter";
import { ask, keepToken } from "./api/client";
import type { Session } from "./api/types";
import { LiveContext, useFollowing } from "./api/live";
import { Answer } from "./design/parts";
import { LANGUAGES, Words, WordsContext, useWords } from "./i18n";
import { prefer, usePreferences, type Theme } from "./preferences";
import { AccountScreen } from "./screens/account";
import { AccessScreen } from "./screens/access";
import { AuditScreen } from "./screens/audit";
import { CaseScreen } from "./screens/case";
import { CasesScreen } from "./screens/cases";
import { CompareScreen } from "./screens/compare";
import { ExposureScreen } from "./screens/exposure";
import { ListsScreen } from "./screens/lists";
import { MatchScreen } from "./screens/match";
import { ReviewScreen } from "./screens/review";
import { inAddress, SignInScreen } from "./screens/signin";
import { SessionContext, useMay } from "./session";

export function App() {
  const { language, theme } = usePreferences();
  const words = useMemo(() => new Words(language), [language]);
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dir = words.direction;
    document.documentElement.dataset.theme = theme;
  }, [language, theme, words]);
  const session = useQuery({
    queryKey: ["session"],
    queryFn: async () => {
      const found = (await entered()) ?? (await ask<Session>("session"));
      keepToken(found.csrf_token);
      return found;
    },
  });
  return (
    <WordsContext value={words}>
      <Answer of={session}>
        {(found) =>
          found.signed_in ? (
            <SessionContext value={found}>
              <Following>
                <Shell session={found} />
              </Following>
            </SessionContext>
          ) : (
            <SignInScreen />
          )
        }
      </Answer>
    </WordsContext>
  );
}

/** The session that the link of `consilience serve` begins: its key is good for once, and leaves the address bar. */
async function entered(): Promise<Session | null> {
  const key = inAddress("enter");
  if (key === null) return null;
  history.replaceState(null, "", "#/cases");
  return ask<Session>("session/enter", { method: "POST", body: { key } });
}

function Following({ children }: { children: React.ReactNode }) {
  return <LiveContext value={useFollowing()}>{children}</LiveContext>;
}

function Shell({ session }: { session: Session }) {
  const { say } = useWords();
  const [wide] = useRoute("/cases/:number/review");
  const may = useMay();
  // Where one's work begins: not everybody may look into cases.
  const home = may("look") ? "/cases" : may("match") ? "/match" : may("administer") ? "/access" : may("audit") ? "/audit" : "/exposure";
  return (
    <div className="shell">
      <a className="skip" href="#main" onClick={() => document.getElementById("main")?.focus()}>
        {say("skip")}
      </a>
      <Masthead session={session} />
      <Rail />
      <main id="main" tabIndex={-1} className={wide ? "main full" : "main"}>
        <Switch>
          <Route path="/cases" component={CasesScreen} />
          <Route path="/cases/:number">{({ number }) => <CaseScreen number={number} />}</Route>
          <Route path="/cases/:number/review">{({ number }) => <ReviewScreen number={number} />}</Route>
          <Route path="/cases/:number/compare/:left/:right">{(one) => <CompareScreen {...one} />}</Route>
          <Route path="/lists" component={ListsScreen} />
          <Route path="/match" component={MatchScreen} />
          <Route path="/audit" component={AuditScreen} />
          <Route path="/access" component={AccessScreen} />
          <Route path="/exposure" component={ExposureScreen} />
          {session.local_owner ? null : <Route path="/account" component={AccountScreen} />}
          <Route>
            <Redirect to={home} />
          </Route>
        </Switch>
      </main>
    </div>
  );
}

function Masthead({ session }: { session: Session }) {
  const { say } = useWords();
  const { language, theme } = usePreferences();
  const who = say("signedInAs", { name: session.display_name ?? session.name ?? "" });
  return (
    <header className="masthead">
      <Link href="/cases" className="name">
        <img src="./mark.svg" alt="" /> Consilience
      </Link>
      <div className="end small">
        <label className="row">
          <span className="visually-hidden">{say("language")}</span>
          <select className="select" value={language} onChange={(event) => prefer({ language: event.target.value })}>
            {Object.entries(LANGUAGES).map(([code, name]) => (
              <option key={code} value={code} lang={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className="row">
          <span className="visually-hidden">{say("theme")}</span>
          <select className="select" value={theme} onChange={(event) => prefer({ theme: event.target.value as Theme })}>
            <option value="system">{say("theme.system")}</option>
            <option value="light">{say("theme.light")}</option>
            <option value="dark">{say("theme.dark")}</option>
          </select>
        </label>
        {session.local_owner ? (
          <span className="soft">{who}</span>
        ) : (
          <>
            <Link href="/account">{who}</Link>
            <SignOut />
          </>
        )}
      </div>
    </header>
  );
}

function SignOut() {
  const { say } = useWords();
  const leave = async () => {
    await ask("session", { method: "DELETE" });
    location.reload(); // nothing of the session stays in memory
  };
  return (
    <button className="button" onClick={() => void leave()}>
      {say("signOut")}
    </button>
  );
}

function Rail() {
  const { say } = useWords();
  const [inCase, parameters] = useRoute("/cases/:number/*?");
  const number = inCase ? parameters.number : null;
  const may = useMay();
  const oversees = may("audit", "administer", "approve");
  return (
    <nav className="rail" aria-label={say("nav.work")}>
      {may("look", "keep-lists", "match") ? (
        <>
          <h2>{say("nav.work")}</h2>
          <ul>
            {may("look") ? <Item href="/cases">{say("nav.cases")}</Item> : null}
            {may("look", "keep-lists") ? <Item href="/lists">{say("nav.lists")}</Item> : null}
            {may("match") ? <Item href="/match">{say("nav.match")}</Item> : null}
          </ul>
        </>
      ) : null}
      {number ? (
        <>
          <h2>{decodeURIComponent(number)}</h2>
          <ul>
            <Item href={`/cases/${number}`}>{say("nav.case.overview")}</Item>
            <Item href={`/cases/${number}/review`}>{say("nav.case.review")}</Item>
          </ul>
        </>
      ) : null}
      {oversees ? (
        <>
          <h2>{say("nav.oversight")}</h2>
          <ul>
            {may("audit") ? <Item href="/audit">{say("nav.audit")}</Item> : null}
            {may("administer", "audit") ? <Item href="/access">{say("nav.access")}</Item> : null}
            <Item href="/exposure">{say("nav.exposure")}</Item>
          </ul>
        </>
      ) : null}
    </nav>
  );
}

function Item({ href, children }: { href: string; children: string }) {
  const [here] = useRoute(href);
  return (
    <li>
      <Link href={href} aria-current={here ? "page" : undefined}>
        {children}
      </Link>
    </li>
  );
}
