import type { ReactNode } from "react";
import { ApiProblem } from "../api/client";
import { useWords } from "../i18n";

export type Tone = "plain" | "alert" | "doubt" | "good" | "accent";

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={tone === "plain" ? "badge" : `badge ${tone}`}>{children}</span>;
}

/** The frame of a screen: its name, what it is for, what one can do on it. */
export function Screen({ title, about, actions, children }: { title: ReactNode; about?: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <div className="page">
      <div className="row spread">
        <div className="stack tight">
          <h1>{title}</h1>
          {about ? <p className="soft">{about}</p> : null}
        </div>
        {actions ? <div className="row">{actions}</div> : null}
      </div>
      {children}
    </div>
  );
}

interface FieldProps {
  label: string;
  /** As wide as what may stand in it. */
  fits?: boolean;
  children: ReactNode;
}

export function Field({ label, fits = false, children }: FieldProps) {
  return (
    <label className={fits ? "field fits" : "field"}>
      <span>{label}</span>
      {children}
    </label>
  );
}

export function Panel({ title, actions, children, flush }: { title: ReactNode; actions?: ReactNode; children: ReactNode; flush?: boolean }) {
  return (
    <section className="panel">
      <header>
        <h2>{title}</h2>
        {actions}
      </header>
      {flush ? children : <div className="body">{children}</div>}
    </section>
  );
}

/** A part of what is known of one thing, with how much there is of it. */
export function Section({ title, count, children }: { title: string; count: number; children: React.ReactNode }) {
  const { say, number } = useWords();
  return (
    <section className="stack tight">
      <h3>
        {title} <span className="soft">{number(count)}</span>
      </h3>
      {count === 0 ? <p className="soft small">{say("media.none")}</p> : children}
    </section>
  );
}

/** What stands where there is nothing yet: what would be here, and how it comes. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** What went wrong, and what to do. */
export function ProblemNote({ error }: { error: unknown }) {
  const { say } = useWords();
  if (!error) return null;
  const problem = error instanceof ApiProblem ? error.problem : undefined;
  return (
    <div className="note alert" role="alert">
      <strong>{problem?.title ?? say("problem.unreachable")}</strong>
      {problem?.detail && problem.detail !== problem.title ? <p>{problem.detail}</p> : null}
      <p className="small">{problem?.next ?? (problem ? "" : say("problem.unreachable.next"))}</p>
    </div>
  );
}

export function Loading() {
  const { say } = useWords();
  return (
    <p className="soft loading" role="status">
      {say("loading")}
    </p>
  );
}

/** A query's state on one place: its problem, its waiting, or its answer. */
export function Answer<T>({ of, children }: { of: { data: T | undefined; error: unknown }; children: (data: T) => ReactNode }) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  return of.error ? <ProblemNote error={of.error} /> : <Loading />;
}

export interface Part {
  name: string;
  value: number;
  colour: string;
}

/** Shares of a whole as one bar; the table beside it says the same in numbers. */
export function ShareBar({ parts }: { parts: Part[] }) {
  const total = parts.reduce((sum, one) => sum + one.value, 0) || 1;
  return (
    <div className="bar" aria-hidden="true">
      {parts
        .filter((one) => one.value > 0)
        .map((one) => (
          <span key={one.name} style={{ inlineSize: `${(100 * one.value) / total}%`, background: one.colour }} title={one.name} />
        ))}
    </div>
  );
}
