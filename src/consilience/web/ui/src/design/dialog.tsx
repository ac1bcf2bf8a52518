/** A dialog that asks for something, and one that makes sure before something is taken away. */
import { useMutation } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState, type FormEvent, type ReactNode } from "react";
import { useWords } from "../i18n";
import { ProblemNote } from "./parts";

interface FormProps<T> {
  /** On the button that opens it, on the dialog, and on the button that sends. */
  title: string;
  about?: string;
  look?: "primary" | "quiet" | "plain";
  send: (form: FormData) => Promise<T>;
  done?: (made: T) => unknown;
  children: ReactNode;
}

const LOOKS = { primary: "button primary", quiet: "button quiet", plain: "button" };

/** A button, and behind it a form: it closes when what it sends was taken, and says why where it was not. */
export function FormDialog<T>({ title, about, look = "plain", send, done, children }: FormProps<T>) {
  const { say } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  const heading = useId();
  const sending = useMutation({
    mutationFn: send,
    onSuccess: async (made) => {
      dialog.current?.close();
      await done?.(made);
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    sending.mutate(new FormData(event.currentTarget));
  };
  const show = () => {
    sending.reset();
    setOpen(true);
  };
  // Only now its fields are there, of which the first is to have the focus.
  useEffect(() => {
    if (open) dialog.current?.showModal();
  }, [open]);
  return (
    <>
      <button type="button" className={LOOKS[look]} onClick={show}>
        {title}
      </button>
      <dialog ref={dialog} aria-labelledby={heading} onClose={() => setOpen(false)}>
        {open ? (
          <form className="stack" onSubmit={submit}>
            <h2 id={heading}>{title}</h2>
            {about ? <p className="soft small">{about}</p> : null}
            {children}
            <ProblemNote error={sending.error} />
            <div className="row">
              <button className="button primary" disabled={sending.isPending}>
                {title}
              </button>
              <button type="button" className="button" onClick={() => dialog.current?.close()}>
                {say("cancel")}
              </button>
            </div>
          </form>
        ) : null}
      </dialog>
    </>
  );
}

interface ConfirmProps {
  label: ReactNode;
  /** What the button does, where its label is a sign. */
  name?: string;
  /** What will be so afterwards. */
  consequence: string;
  act: () => Promise<unknown>;
  done?: () => unknown;
  disabled?: boolean;
}

/** A button that first says what it takes away. */
export function ConfirmButton({ label, name, consequence, act, done, disabled = false }: ConfirmProps) {
  const { say } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const acting = useMutation({
    mutationFn: act,
    onSuccess: async () => {
      dialog.current?.close();
      await done?.();
    },
  });
  return (
    <>
      <button type="button" className="button quiet" aria-label={name} disabled={disabled} onClick={() => dialog.current?.showModal()}>
        {label}
      </button>
      <dialog ref={dialog} aria-labelledby={heading} role="alertdialog">
        <div className="stack">
          <h2 id={heading}>{name ?? label}</h2>
          <p>{consequence}</p>
          <ProblemNote error={acting.error} />
          <div className="row">
            <button type="button" className="button" autoFocus onClick={() => dialog.current?.close()}>
              {say("cancel")}
            </button>
            <button type="button" className="button danger" disabled={acting.isPending} onClick={() => acting.mutate()}>
              {name ?? label}
            </button>
          </div>
        </div>
      </dialog>
    </>
  );
}
