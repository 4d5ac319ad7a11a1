// The banner that says that what is shown is the past.
import {addressOf, changed} from './address.js';
import {make, moment} from './elements.js';

export function momentBanner(view) {
  const element = make('p', {class: 'banner past', id: 'past', role: 'status', hidden: true});
  return {
    element,
    show(parameters) {
      const at = parameters.get('asOf');
      element.hidden = !at;
      if (!at) return;
      const isTime = !Number.isNaN(Date.parse(at));
      element.replaceChildren('As it was at ', make('strong', {}, isTime ? moment(at) : at), '. ',
                              make('a', {href: addressOf(view, changed(parameters, {asOf: null, asOfBy: null, cursor: null, page: null}))},
                                   'Back to now'));
      if (isTime) element.append(' · ', make('a', {href: addressOf('time', {at})}, 'What has changed since'));
    }
  };
}
