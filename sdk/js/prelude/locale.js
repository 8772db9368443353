// toLocaleString and its kin, localeCompare and Intl. They are at home in the folder "locale", which is
// evaluated when it is first wanted.

let isLoaded = false;

// With the source of a codec what it will need is made ready.
function loadLocales(source) {
  if (!isLoaded) native.loadLocales(native, shared, provide, share);
  isLoaded = true;
  if (source !== undefined) shared.dates.prepare(source);
}

function locales() {
  loadLocales();
  return shared;
}

// Members of a literal are methods as built-in ones are: without a prototype of their own.
function install(prototype, members) {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

const { getTime } = Date.prototype;
const { valueOf: numberOf } = Number.prototype;
const { valueOf: bigintOf } = BigInt.prototype;
const { toLocaleLowerCase, toLocaleUpperCase } = String.prototype;

for (const name of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) {
  install(Date.prototype, {
    [name](wanted = undefined, options = undefined) {
      return locales().dates[name](getTime.call(this), wanted, options);
    },
  });
}

install(Number.prototype, {
  toLocaleString(wanted = undefined, options = undefined) {
    return locales().numbers.toLocaleString(numberOf.call(this), wanted, options, "Number.prototype.toLocaleString");
  },
});

install(BigInt.prototype, {
  toLocaleString(wanted = undefined, options = undefined) {
    return locales().numbers.toLocaleString(bigintOf.call(this), wanted, options, "BigInt.prototype.toLocaleString");
  },
});

install(String.prototype, {
  localeCompare(that, wanted = undefined, options = undefined) {
    if (this === undefined || this === null) {
      throw new TypeError("String.prototype.localeCompare called on null or undefined");
    }
    return locales().collation.compare(String(this), String(that), wanted, options);
  },

  toLocaleUpperCase(wanted = undefined) {
    if (wanted !== undefined) locales().locales.checkCasing(wanted);
    return toLocaleUpperCase.call(this);
  },

  toLocaleLowerCase(wanted = undefined) {
    if (wanted !== undefined) locales().locales.checkCasing(wanted);
    return toLocaleLowerCase.call(this);
  },
});

// Lists hand locale and options on to what is in them. A list within itself is left out.
const outer = new Set();
const ofLists = {
  toLocaleString(wanted = undefined, options = undefined) {
    const list = Object(this);
    if (outer.has(list)) return "";
    outer.add(list);
    try {
      const texts = [];
      for (let i = 0; i < list.length; i++) {
        const item = list[i];
        texts.push(item === undefined || item === null ? "" : String(item.toLocaleString(wanted, options)));
      }
      return texts.join(",");
    } finally {
      outer.delete(list);
    }
  },
};
install(Array.prototype, ofLists);
install(Object.getPrototypeOf(Uint8Array.prototype), ofLists);

Object.defineProperty(globalThis, "Intl", {
  get() {
    const { Intl } = locales().intl;
    provide({ Intl });
    return Intl;
  },
  set(value) {
    provide({ Intl: value });
  },
  configurable: true,
});

share({ loadLocales });
