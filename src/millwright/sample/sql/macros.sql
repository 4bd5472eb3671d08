-- Chance without random(): md5 of a salted key, so the same world comes out on every machine and in every run.

-- A whole number from 0 to n - 1.
create or replace temp macro draw(salt, key, n) as
    (('0x' || left(md5(salt || ':' || key), 8))::bigint % n)::integer;

-- True for the given share of all keys.
create or replace temp macro chance(salt, key, share) as
    draw(salt, key, 1000000) < share * 1000000;

create or replace temp macro pick(pool, salt, key) as
    pool[1 + draw(salt, key, len(pool))];

-- The lesser of two draws: pools begin with their most common entries.
create or replace temp macro pick_common(pool, salt, key) as
    pool[1 + least(draw(salt, key, len(pool)), draw(salt || ' again', key, len(pool)))];

create or replace temp macro account_of(customer_id, copy) as
    customer_id || case when copy = 0 then '' else '-' || copy end;

-- 'C-000123'; every copy has its own hundred thousand.
create or replace temp macro record_id(letter, copy, n) as
    printf('%s-%06d', letter, copy * 100000 + n);

-- Midnight after the given number of whole days, never past the end of the world.
create or replace temp macro loaded(moment, days) as
    least((moment::date + to_days(days::integer))::timestamp, timestamp '1998-07-01 00:00:00');

create or replace temp macro letters(name) as
    regexp_replace(lower(strip_accents(name)), '[^a-z]', '', 'g');

create or replace temp macro email_of(name, salt, key) as
    name || printf('%06d', draw(salt, key, 1000000))
    || '@example.' || pick(['org', 'com', 'net'], salt || ' domain', key);

-- Line numbers 0100 to 0199 of exchange 555 are reserved for fiction, so a few people share a number.
create or replace temp macro phone_of(salt, key) as
    printf('(%d) 555-01%02d', 201 + draw(salt || ' area', key, 780), draw(salt || ' line', key, 100));

create or replace temp macro address_of(streets, cities, salt, key) as
    struct_pack(
        street := (1 + draw(salt || ' number', key, 2400)) || ' ' || pick_common(streets, salt || ' street', key),
        city := pick_common(cities, salt || ' city', key)
    );

create or replace temp macro misspell_at(word, place, kind, letter) as
    case kind
        when 0 then left(word, place - 1) || substr(word, place + 1)
        when 1 then left(word, place - 1) || substr(word, place + 1, 1) || substr(word, place, 1) || substr(word, place + 2)
        when 2 then left(word, place) || letter || substr(word, place + 2)
        else left(word, place) || substr(word, place)
    end;

-- One slip of the finger: a letter left out, swapped with the next, replaced or doubled.
create or replace temp macro misspell(word, key) as
    case
        when length(word) < 3 then word
        else misspell_at(
            word,
            1 + draw('typo place', key, length(word) - 1),
            draw('typo kind', key, 4),
            chr(97 + draw('typo letter', key, 26))
        )
    end;
