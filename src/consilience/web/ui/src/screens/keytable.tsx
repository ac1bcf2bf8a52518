import type { RefObject } from "react";
import type { Scheme } from "../api/types";
import { useWords } from "../i18n";

export function KeyTable({ dialog, scheme }: { dialog: RefObject<HTMLDialogElement | null>; scheme: Scheme | undefined }) {
  const { say } = useWords();
  const rows: [string[], string][] = [
    [["←", "→", "↑", "↓", "PgUp", "PgDn", "Home", "End"], say("keys.move")],
    [["Space"], say("keys.reveal")],
    [["Enter"], say("keys.frames")],
    [["Esc"], say("keys.back")],
    ...(scheme?.codes ?? []).map((one): [string[], string] => [[one.key ?? one.code], `${scheme!.title}: ${one.title}`]),
    [["u"], say("keys.undo")],
    [["?"], say("keys.help")],
  ];
  return (
    <dialog ref={dialog} aria-labelledby="keys-title">
      <div className="stack">
        <h2 id="keys-title">{say("keys.title")}</h2>
        <table className="table">
          <tbody>
            {rows.map(([keys, meaning]) => (
              <tr key={meaning}>
                <th scope="row">
                  <span className="row">
                    {keys.map((one) => (
                      <kbd key={one}>{one}</kbd>
                    ))}
                  </span>
                </th>
                <td>{meaning}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <button className="button" onClick={() => dialog.current?.close()}>
          {say("close")}
        </button>
      </div>
    </dialog>
  );
}
