'use strict';

// The secret stands behind the #, which browsers send to nobody; it leaves the address bar and the history at once.
const secret = location.hash.slice(1);
history.replaceState(null, '', location.pathname);

const isFrench = navigator.language.toLowerCase().startsWith('fr');
const say = (english, french) => (isFrench ? french : english);
if (isFrench) {
  document.documentElement.lang = 'fr';
  for (const element of document.querySelectorAll('[data-fr]')) element.textContent = element.dataset.fr;
}

const form = document.getElementById('form');
const outcome = document.getElementById('outcome');

const words = {
  'weak-password': say(
    'This password is too short or easy to guess. Choose another one.',
    'Ce mot de passe est trop court ou facile à deviner. Choisissez-en un autre.',
  ),
  'unusable-link': say(
    'This link was used, or its time is over. Ask for a new one.',
    'Ce lien a déjà servi ou n’est plus valable. Demandez-en un nouveau.',
  ),
};

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const password = form.elements.password.value;
  if (password !== form.elements.again.value) {
    outcome.textContent = say('The two are not the same.', 'Les deux ne sont pas identiques.');
    return;
  }
  outcome.textContent = '';
  try {
    const answer = await fetch('/v1/password', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ link: secret, password }),
    });
    if (answer.ok) {
      form.hidden = true;
      outcome.textContent = say('The password is chosen.', 'Le mot de passe est choisi.');
      return;
    }
    const problem = await answer.json();
    outcome.textContent = words[problem.code] ?? problem.detail;
  } catch {
    outcome.textContent = say('The server does not answer. Try again.', 'Le serveur ne répond pas. Réessayez.');
  }
});
