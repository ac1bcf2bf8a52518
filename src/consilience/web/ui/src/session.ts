import { createContext, useContext } from "react";
import type { Session } from "./api/types";

export const SessionContext = createContext<Session | null>(null);

/** The session of whoever is signed in; screens are only shown within one. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("no session");
  return session;
}

/** Whether the person may do acts of a kind; the server decides, this only spares people what it would refuse. */
export function useMay(): (...permissions: string[]) => boolean {
  const session = useSession();
  return (...permissions) => session.local_owner || permissions.some((one) => session.permissions.includes(one));
}
