import { createContext, useContext } from "react";
import type { Session } from "./api/types";

export const SessionContext = createContext<Session | null>(null);

/** The session of whoever is signed in; screens are only shown within one. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("no session");
  return session;
}
