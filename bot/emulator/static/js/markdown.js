/**
 * The Markdown that chat platforms show, as elements: headings, bold, code, lists, quotes, links, rules, line breaks and
 * WeCom's <font color="info|comment|warning">. Everything is built from text nodes, so what looks like HTML stays text.
 */

import { el } from "./dom.js";

const FONT = /<font color="(info|comment|warning)">([\s\S]*?)<\/font>/;
const BOLD = /\*\*([^*\n]+)\*\*/;
const CODE = /`([^`\n]+)`/;
const PICTURE = /!\[([^\]\n]*)\]\(((?:[^()\s]|\([^()\s]*\))+)\)/; // an address may hold one pair of brackets
const LINK = /\[([^\]\n]+)\]\(((?:[^()\s]|\([^()\s]*\))+)\)/;
const ADDRESS = /https?:\/\/[^\s<>"'，。；、（）「」]+/;

/** A whole message. names: those that are highlighted after an @; mine: the one among them that is me. */
export function markdown(text, names = [], mine = "") {
  const out = [];
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  let index = 0;
  const take = (pattern) => {
    const taken = [];
    while (index < lines.length) {
      const match = lines[index].match(pattern);
      if (!match) break;
      taken.push(match[1]);
      index += 1;
    }
    return taken;
  };
  const inline = (line) => inlineNodes(line, names, mine, true);
  while (index < lines.length) {
    const line = lines[index];
    let match;
    if (!line.trim()) {
      index += 1;
    } else if ((match = line.match(/^#{1,6}\s+(.*)$/))) {
      out.push(el("p.md-heading", {}, inline(match[1])));
      index += 1;
    } else if (/^\s*([-*_])\s*(\1\s*){2,}$/.test(line)) {
      out.push(el("hr"));
      index += 1;
    } else if (/^>\s?/.test(line)) {
      out.push(el("blockquote", {}, withBreaks(take(/^>\s?(.*)$/), inline)));
    } else if (/^\s*[-*•]\s+/.test(line)) {
      out.push(el("ul", {}, take(/^\s*[-*•]\s+(.*)$/).map((item) => el("li", {}, inline(item)))));
    } else if ((match = line.match(/^\s*(\d+)[.)]\s+/))) {
      const start = match[1];
      out.push(el("ol", { start }, take(/^\s*\d+[.)]\s+(.*)$/).map((item) => el("li", {}, inline(item)))));
    } else {
      const plain = [];
      while (index < lines.length && lines[index].trim() && !/^(#{1,6}\s|>|\s*[-*•]\s|\s*\d+[.)]\s)/.test(lines[index])) {
        plain.push(lines[index]);
        index += 1;
      }
      out.push(el("p", {}, withBreaks(plain, inline)));
    }
  }
  return out;
}

/** Words as typed: only addresses and mentions stand out. */
export function plainText(text, names = [], mine = "") {
  return [el("p", {}, withBreaks(text.split("\n"), (line) => inlineNodes(line, names, mine, false)))];
}

/** One line for a list or a quotation: the words without their marks. */
export function flat(text) {
  return text
    .replace(/<\/?font[^>]*>/g, "")
    .replace(/!\[[^\]]*\]\([^)]*\)/g, "［图片］")
    .replace(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replace(/^(#{1,6}|>|[-*•])\s*/gm, "")
    .replace(/[*`]{1,2}/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

function withBreaks(lines, inline) {
  return lines.flatMap((line, position) => (position ? [el("br"), ...inline(line)] : inline(line)));
}

function inlineNodes(text, names, mine, marks) {
  const again = (part) => inlineNodes(part, names, mine, marks);
  const rules = [];
  if (marks) {
    rules.push([FONT, (m) => el(`span.md-${m[1]}`, {}, again(m[2]))]);
    rules.push([CODE, (m) => el("code", {}, m[1])]);
    rules.push([PICTURE, (m) => picture(m[1], m[2])]);
    rules.push([LINK, (m) => link(m[1], m[2])]);
    rules.push([BOLD, (m) => el("strong", {}, again(m[1]))]);
  }
  rules.push([ADDRESS, (m) => link(m[0], m[0])]);
  for (const name of names) {
    const pattern = new RegExp(`@${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`);
    rules.push([pattern, (m) => el(name === mine ? "span.mention.mine" : "span.mention", {}, m[0])]);
  }
  let best = null;
  for (const [pattern, make] of rules) {
    const match = pattern.exec(text);
    if (match && (!best || match.index < best.match.index)) best = { match, make };
  }
  if (!best) return text ? [document.createTextNode(text)] : [];
  const { match, make } = best;
  const before = text.slice(0, match.index);
  const after = text.slice(match.index + match[0].length);
  return [...(before ? [document.createTextNode(before)] : []), make(match), ...again(after)];
}

/** Only web addresses and our own paths become links; anything else (javascript: and friends) is shown as it was typed. */
function link(words, address) {
  if (!isSafe(address)) return document.createTextNode(words === address ? words : `${words}（${address}）`);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, words);
}

/** The page's policy shows our own pictures only; another one is offered as a link. */
function picture(words, address) {
  if (!isSafe(address) || new URL(address, location.href).origin !== location.origin) return link(words || "图片", address);
  return el("img.md-picture", { src: address, alt: words || "图片", loading: "lazy" });
}

function isSafe(address) {
  try {
    return ["http:", "https:"].includes(new URL(address, location.href).protocol);
  } catch {
    return false;
  }
}
