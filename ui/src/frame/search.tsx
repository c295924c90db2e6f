// The search as it was typed and what it found: kept while the RA user goes forth and back, never in a URL.

import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import type { Fault, FindForm, FoundView } from "../bridge";

export const EMPTY_FORM: FindForm = {
  by: "uuid",
  uuid: "",
  address: "",
  nino: "",
  family: "",
  given: "",
  birth_day: "",
  birth_month: "",
  birth_year: "",
  organisation: "",
};

interface Search {
  form: FindForm;
  found: FoundView | null;
  /** Why the last search did not reach the gateway. */
  unreached: Fault | null;
  setForm: (form: FindForm) => void;
  setFound: (found: FoundView | null) => void;
  setUnreached: (fault: Fault | null) => void;
  /** Begins a new search. */
  reset: () => void;
}

const SearchContext = createContext<Search | null>(null);

export function SearchProvider({ children }: { children: ReactNode }) {
  const [form, setForm] = useState(EMPTY_FORM);
  const [found, setFound] = useState<FoundView | null>(null);
  const [unreached, setUnreached] = useState<Fault | null>(null);
  const search = useMemo(
    () => ({
      form,
      found,
      unreached,
      setForm,
      setFound,
      setUnreached,
      reset: () => {
        setForm(EMPTY_FORM);
        setFound(null);
        setUnreached(null);
      },
    }),
    [form, found, unreached],
  );
  return <SearchContext value={search}>{children}</SearchContext>;
}

export function useSearch(): Search {
  const search = useContext(SearchContext);
  if (!search) throw new Error("There is no SearchProvider above this page.");
  return search;
}
