// Talks to the read API, which lies beside the page.
import {operatorAt} from './address.js';

class Refused extends Error {
  constructor(status, text) {
    super(text || `the portal answered ${status}`);
    this.status = status; // 0: there was no answer
  }
}

// Asking again would take as long again.
export function isTooLong(reason) {
  return reason.status === 503 && reason.message.includes('--query-timeout');
}

const hooks = {answered: () => {}};

// Calls `heard` with every answer, as each says for itself whether the store is being rebuilt.
export function onAnswer(heard) {
  hooks.answered = heard;
}

function headers(more = {}) {
  const token = sessionStorage.getItem('token');
  return token ? {...more, Authorization: `Bearer ${token}`} : more;
}

// Beside the page, which a proxy may have put under a path of its own.
function address(path, parameters = []) {
  const asked = new URL(path, document.baseURI);
  asked.search = parameters.map(([name, value]) => {
    const end = operatorAt(name); // `attr.PATH>3` has its value in the name, and no `=`
    const isWhole = end >= 0 && end + 1 < name.length && value === '';
    return encodeURIComponent(name) + (isWhole ? '' : `=${encodeURIComponent(value)}`);
  }).join('&');
  return asked;
}

async function ask(path, parameters, more, signal) {
  let answer;
  try {
    answer = await fetch(address(`v1alpha1/${path}`, parameters), {headers: headers(more), cache: 'no-store', signal});
  } catch (reason) {
    if (signal?.aborted) throw reason;
    throw new Refused(0, 'there is no answer');
  }
  if (!answer.ok) throw new Refused(answer.status, (await answer.text()).trim());
  return answer;
}

// Parameters are pairs, as a filter may be given several times.
export async function get(path, parameters = [], signal = undefined) {
  const answer = await (await ask(path, parameters, {}, signal)).json();
  hooks.answered(answer);
  return answer;
}

// Changes something, with a token of its own, which is kept nowhere.
export async function change(method, path, token) {
  let answer;
  try {
    answer = await fetch(address(`v1alpha1/${path}`), {method, headers: {Authorization: `Bearer ${token}`}, cache: 'no-store'});
  } catch {
    throw new Refused(0, 'there is no answer');
  }
  if (!answer.ok) throw new Refused(answer.status, (await answer.text()).trim());
  return answer.json();
}

// Asks up to `atOnce` questions at a time; answers stand in the order of `questions`.
export async function getAll(questions, signal, atOnce = 6) {
  const answers = new Array(questions.length);
  let next = 0;
  const work = async () => {
    while (next < questions.length) {
      const mine = next++;
      answers[mine] = await get(...questions[mine], signal);
    }
  };
  await Promise.all(Array.from({length: atOnce}, work));
  return answers;
}

// Items as CSV, page after page, up to `most` rows. Tells how many pages it has.
export async function csvOfItems(parameters, most, progress) {
  const parts = [];
  let rows = 0;
  let cursor = '';
  do {
    const more = cursor ? [['cursor', cursor]] : [];
    const answer = await ask('items', [...parameters, ['limit', '5000'], ...more], {Accept: 'text/csv'});
    const text = await answer.text();
    const head = text.indexOf('\n') + 1;
    parts.push(parts.length ? text.slice(head) : text);
    const next = answer.headers.get('Link')?.match(/^<([^>]*)>; rel="next"$/);
    cursor = next ? new URL(next[1], document.baseURI).searchParams.get('cursor') : '';
    rows += 5000;
    progress(parts.length);
  } while (cursor && rows < most);
  return {blob: new Blob(parts, {type: 'text/csv'}), isWhole: !cursor};
}

// Reads Server-Sent Events with fetch, as EventSource cannot send a token.
export async function listen(path, parameters, lastId, onEvent, signal) {
  const answer = await ask(path, parameters, lastId ? {'Last-Event-ID': lastId} : {}, signal);
  onEvent({type: 'open', data: ''});
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) onEvent(readEvent(block));
  }
}

function readEvent(block) {
  const event = {type: 'message', data: [], id: null};
  for (const line of block.split('\n')) {
    const [, field, value] = line.match(/^([^:]*):? ?(.*)$/) || [];
    if (field === 'event') event.type = value;
    if (field === 'data') event.data.push(value);
    if (field === 'id') event.id = value;
  }
  return {...event, data: event.data.join('\n')};
}

// Places in the change feed are STORE-NUMBER.
export function cursorNumber(place) {
  return Number(place.slice(place.lastIndexOf('-') + 1));
}

export function cursorPlace(like, number) {
  return `${like.slice(0, like.lastIndexOf('-'))}-${number}`;
}
