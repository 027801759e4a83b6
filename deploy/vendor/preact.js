// What the console is written with, in one file: Preact, its hooks, htm bound to h, and signals.
import htm from "htm";
import { h } from "preact";

export { h, render, Fragment, Component, createContext } from "preact";
export {
  useState,
  useEffect,
  useRef,
  useMemo,
  useCallback,
  useContext,
  useLayoutEffect,
} from "preact/hooks";
export {
  signal,
  computed,
  effect,
  batch,
  untracked,
  useSignal,
  useComputed,
  useSignalEffect,
} from "@preact/signals";
export const html = htm.bind(h);
