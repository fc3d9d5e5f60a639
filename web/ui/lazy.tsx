// lazy.tsx -- pages whose code is fetched when they are first opened.
import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Refusal } from "./api/client";
import { Loading, Trouble } from "./parts/states";

type Loader<P> = () => Promise<ComponentType<P>>;

/** The component that load fetches; `waiting` stands in its place until it is there. */
export function lazy<P extends object>(load: Loader<P>,
  waiting: ComponentChildren = <Loading rows={6} />): ComponentType<P> {
  let ready: ComponentType<P> | undefined;
  return function Lazy(props: P) {
    const [, setPage] = useState<ComponentType<P>>();
    const [failed, setFailed] = useState(false);
    const start = () => {
      setFailed(false);
      load().then((c) => {
        ready = c;
        setPage(() => c);
      }, () => setFailed(true));
    };
    useEffect(() => {
      if (!ready) start();
    }, []);
    if (ready) {
      const Page = ready;
      return <Page {...props} />;
    }
    if (failed) {
      return <Trouble retry={start}
        refusal={new Refusal({ type: "/problems/unreachable", title: "", status: 0 })} />;
    }
    return <>{waiting}</>;
  };
}
