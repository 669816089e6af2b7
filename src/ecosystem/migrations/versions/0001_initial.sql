CREATE FUNCTION currency_places(currency text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN CASE WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XAG', 'XAU', 'XBA', 'XBB', 'XBC', 'XBD', 'XDR', 'XOF', 'XPD', 'XPF', 'XPT', 'XSU', 'XTS', 'XUA', 'XXX') THEN 0 WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3 WHEN currency IN ('CLF', 'UYW') THEN 4 ELSE 2 END;
END $$;
-- next
CREATE FUNCTION rounded(amount numeric, currency text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN round(amount, currency_places(currency))::text;
END $$;
-- next
CREATE FUNCTION money_json(amount numeric, currency text) RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN amount IS NOT NULL THEN json_build_object(
    'amount', CASE WHEN currency = 'CNY' OR currency = 'USD' OR currency = 'EUR'
                   THEN round(amount, 2)::text ELSE rounded(amount, currency) END,
    'currency', currency
  ) END
$$;
-- next
CREATE FUNCTION bigrams(content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(
    string_agg(quote_literal(substr(run, at, 2)) || ':' || place, ' ' ORDER BY place), ''
  )::tsvector
  FROM (
    SELECT run, at, least(16383, row_number() OVER (ORDER BY run_place, at)) AS place
    FROM regexp_split_to_table(lower(content), '[^[:alnum:]]+')
           WITH ORDINALITY AS runs(run, run_place),
         generate_series(1, length(run)) AS at
    WHERE run <> ''
  ) AS pairs
$$;
-- next
CREATE FUNCTION bigrams_sought(content text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(string_agg(phrase, ' & ')::tsquery, ''::tsquery)
  FROM (
    SELECT CASE WHEN length(run) = 1 THEN quote_literal(run) || ':*' ELSE (
      SELECT string_agg(quote_literal(substr(run, at, 2)), ' <-> ' ORDER BY at)
      FROM generate_series(1, length(run) - 1) AS at
    ) END AS phrase
    FROM regexp_split_to_table(lower(content), '[^[:alnum:]]+') AS runs(run)
    WHERE run <> ''
  ) AS phrases
$$;
-- next
CREATE FUNCTION tags(name text, words text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT array_to_tsvector(ARRAY(SELECT '=' || name || ':' || word FROM unnest(words) AS word))
$$;
-- next
CREATE FUNCTION tag_sought(name text, word text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT quote_literal('=' || name || ':' || word)::tsquery
$$;
-- next
CREATE FUNCTION words_of(list json) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT ARRAY(SELECT json_array_elements_text(list))
$$;
-- next
CREATE FUNCTION nothing_is_rewritten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;
-- next
CREATE FUNCTION is_one_hand(second text, first text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN second = first
    OR EXISTS (SELECT FROM client_keeper WHERE person_id = second AND client_id = first);
END $$;
-- next
CREATE FUNCTION hands_differ() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  second text := to_jsonb(NEW)->>TG_ARGV[0];
  first text := to_jsonb(NEW)->>TG_ARGV[1];
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(OLD)->>TG_ARGV[0] IS NOT DISTINCT FROM second THEN
    RETURN NEW;
  END IF;
  IF is_one_hand(second, first) THEN
    RAISE EXCEPTION '% of % keeps the program that was %', TG_ARGV[0], TG_TABLE_NAME, TG_ARGV[1]
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_' || TG_ARGV[2];
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE FUNCTION hands_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  hand text;
BEGIN
  FOREACH hand IN ARRAY TG_ARGV LOOP
    IF to_jsonb(OLD)->>hand IS NOT NULL
      AND to_jsonb(NEW)->>hand IS DISTINCT FROM to_jsonb(OLD)->>hand
    THEN
      RAISE EXCEPTION '% of % was written once', hand, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_hands_stay';
    END IF;
  END LOOP;
  RETURN NEW;
END $$;
-- next
CREATE TABLE approval_limit (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT approval_limit_id_is_identifier CHECK (id ~ '^limit_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	person_id TEXT COLLATE "C",
	amount NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	set_by TEXT COLLATE "C" NOT NULL,
	set_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT approval_limit_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT approval_limit_amount_is_not_negative CHECK (amount >= 0 AND amount < 1e20),
	CONSTRAINT approval_limit_amount_is_no_finer_than_coins CHECK (amount = round(amount, currency_places(currency))),
	CONSTRAINT approval_limit_nobody_sets_an_own_limit CHECK (person_id <> set_by)
);
-- next
CREATE INDEX approval_limit_of ON approval_limit (authority_id, currency, person_id, id);
-- next
CREATE TABLE assertion_used (
	client_id TEXT COLLATE "C" NOT NULL,
	jti TEXT COLLATE "C" NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT assertion_used_pkey PRIMARY KEY (client_id, jti)
);
-- next
CREATE TABLE authorisation (
	id TEXT COLLATE "C" NOT NULL CONSTRAINT authorisation_id_is_identifier CHECK (id ~ '^grant_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	client_id TEXT COLLATE "C" NOT NULL,
	person_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	scopes TEXT[] NOT NULL,
	acr TEXT NOT NULL,
	authenticated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	jkt TEXT COLLATE "C",
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	revoked_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT authorisation_pkey PRIMARY KEY (id),
	CONSTRAINT authorisation_acr_is_known CHECK (acr IN ('pwd', 'phr'))
);
-- next
CREATE INDEX authorisation_of_person ON authorisation (person_id, expires_at);
-- next
CREATE TABLE authorisation_request (
	digest BYTEA NOT NULL,
	client_id TEXT COLLATE "C" NOT NULL,
	asked JSON NOT NULL,
	pushed BOOLEAN NOT NULL,
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT authorisation_request_pkey PRIMARY KEY (digest),
	CONSTRAINT authorisation_request_digest_is_sha256 CHECK (octet_length(digest) = 32)
);
-- next
CREATE INDEX authorisation_request_of_client ON authorisation_request (client_id, expires_at);
-- next
CREATE TABLE bank_file (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT bank_file_id_is_identifier CHECK (id ~ '^bankfile_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	execution_date DATE NOT NULL,
	total NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	orders INTEGER NOT NULL,
	left_out JSON NOT NULL,
	digest BYTEA NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	made_by TEXT COLLATE "C" NOT NULL,
	CONSTRAINT bank_file_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT bank_file_it_orders_something CHECK (orders > 0 AND total > 0)
);
-- next
CREATE TABLE client_keeper (
	person_id TEXT COLLATE "C" NOT NULL,
	client_id TEXT COLLATE "C" NOT NULL,
	CONSTRAINT client_keeper_pkey PRIMARY KEY (person_id, client_id)
);
-- next
CREATE TABLE dpop_proof (
	jkt TEXT COLLATE "C" NOT NULL,
	jti BYTEA NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT dpop_proof_pkey PRIMARY KEY (jkt, jti),
	CONSTRAINT dpop_proof_jti_is_sha256 CHECK (octet_length(jti) = 32)
);
-- next
CREATE INDEX dpop_proof_by_expiry ON dpop_proof (expires_at);
-- next
CREATE TABLE event (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT event_id_is_identifier CHECK (id ~ '^event_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	stream TEXT COLLATE "C" NOT NULL,
	version INTEGER NOT NULL,
	type TEXT NOT NULL,
	valid_at TIMESTAMP WITH TIME ZONE NOT NULL,
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
	person_id TEXT,
	client_id TEXT,
	organisation_id TEXT NOT NULL,
	request_id TEXT,
	is_public BOOLEAN NOT NULL,
	visible_to TEXT[] NOT NULL,
	is_sealed BOOLEAN NOT NULL,
	body JSON NOT NULL,
	salt BYTEA NOT NULL,
	body_digest BYTEA NOT NULL,
	previous_hash BYTEA,
	hash BYTEA NOT NULL,
	why TEXT,
	CONSTRAINT event_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT event_authority_id_stream_version_is_unique UNIQUE (authority_id, stream, version),
	CONSTRAINT event_version_is_positive CHECK (version > 0),
	CONSTRAINT event_only_the_first_has_no_past CHECK ((version = 1) = (previous_hash IS NULL))
);
-- next
CREATE INDEX event_as_known ON event (authority_id, stream, recorded_at);
-- next
CREATE INDEX event_as_recorded ON event (authority_id, recorded_at, id);
-- next
CREATE INDEX event_of_client ON event (authority_id, client_id, recorded_at, id);
-- next
CREATE INDEX event_of_organisation ON event (authority_id, organisation_id, recorded_at, id);
-- next
CREATE INDEX event_of_person ON event (authority_id, person_id, recorded_at, id);
-- next
CREATE INDEX event_of_type ON event (authority_id, type, recorded_at, id);
-- next
CREATE INDEX event_why ON event USING gin (bigrams(why)) WHERE why IS NOT NULL;
-- next
CREATE TABLE history_reading (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT history_reading_id_is_identifier CHECK (id ~ '^reading_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	act TEXT NOT NULL,
	stream TEXT COLLATE "C",
	asked JSON,
	organisation_id TEXT COLLATE "C" NOT NULL,
	client_id TEXT COLLATE "C" NOT NULL,
	person_id TEXT COLLATE "C",
	request_id TEXT,
	read_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT history_reading_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT history_reading_act_is_known CHECK (act IN ('history', 'search', 'export')),
	CONSTRAINT history_reading_says_what_was_read CHECK ((act = 'history') = (stream IS NOT NULL) AND (stream IS NULL) = (asked IS NOT NULL))
);
-- next
CREATE INDEX history_reading_newest_first ON history_reading (id);
-- next
CREATE INDEX history_reading_of ON history_reading (authority_id, stream, id);
-- next
CREATE TABLE jurisdiction (
	code TEXT COLLATE "C" NOT NULL,
	parent_code TEXT COLLATE "C",
	path TEXT COLLATE "C" NOT NULL,
	name JSON NOT NULL,
	CONSTRAINT jurisdiction_pkey PRIMARY KEY (code),
	CONSTRAINT jurisdiction_path_ends_with_the_code CHECK (path LIKE '%%/' || code || '/'),
	CONSTRAINT jurisdiction_code_is_short CHECK (code ~ '^[0-9A-Za-z]{2,12}$'),
	CONSTRAINT jurisdiction_parent_code_refers FOREIGN KEY(parent_code) REFERENCES jurisdiction (code),
	CONSTRAINT jurisdiction_path_is_unique UNIQUE (path)
);
-- next
CREATE TABLE ledger_account (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT ledger_account_id_is_identifier CHECK (id ~ '^account_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	kind TEXT COLLATE "C" NOT NULL,
	owner_ref TEXT COLLATE "C" NOT NULL,
	programme_id TEXT COLLATE "C" NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	debits NUMERIC DEFAULT '0' NOT NULL,
	credits NUMERIC DEFAULT '0' NOT NULL,
	CONSTRAINT ledger_account_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT ledger_account_is_opened_once UNIQUE (authority_id, owner_ref, kind, programme_id, currency),
	CONSTRAINT ledger_account_is_what_transfers_name UNIQUE (authority_id, id, programme_id, currency),
	CONSTRAINT ledger_account_kind_is_known CHECK (kind IN ('appropriation', 'available', 'committed', 'encumbered', 'payable', 'in_transit', 'disbursed', 'withheld', 'funding', 'undrawn', 'outstanding', 'repaid', 'earned', 'surplus')),
	CONSTRAINT ledger_account_currency_is_a_code CHECK (currency ~ '^[A-Z]{3}$'),
	CONSTRAINT ledger_account_columns_only_grow CHECK (debits >= 0 AND credits >= 0),
	CONSTRAINT ledger_account_is_not_overdrawn CHECK (CASE WHEN kind IN ('appropriation', 'funding') THEN debits >= credits ELSE credits >= debits END)
)
 WITH (fillfactor = 50);
-- next
CREATE INDEX ledger_account_of_programme ON ledger_account (authority_id, programme_id);
-- next
CREATE TABLE log_entry (
	position BIGINT NOT NULL,
	authority_id INTEGER NOT NULL,
	event_id TEXT COLLATE "C" NOT NULL,
	leaf_hash BYTEA NOT NULL,
	CONSTRAINT log_entry_pkey PRIMARY KEY (position),
	CONSTRAINT log_entry_authority_id_event_id_is_unique UNIQUE (authority_id, event_id),
	CONSTRAINT log_entry_position_is_positive CHECK (position > 0)
);
-- next
CREATE TABLE login_counter (
	digest BYTEA NOT NULL,
	failures INTEGER NOT NULL,
	free_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT login_counter_pkey PRIMARY KEY (digest),
	CONSTRAINT login_counter_digest_is_sha256 CHECK (octet_length(digest) = 32),
	CONSTRAINT login_counter_failures_are_counted CHECK (failures >= 0)
);
-- next
CREATE INDEX login_counter_by_last ON login_counter (last_at);
-- next
CREATE TABLE need (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT need_id_is_identifier CHECK (id ~ '^need_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	content_version INTEGER DEFAULT '1' NOT NULL,
	state TEXT NOT NULL,
	title JSON NOT NULL,
	description JSON NOT NULL,
	sector TEXT NOT NULL,
	operation TEXT NOT NULL,
	phase TEXT NOT NULL,
	jurisdiction TEXT COLLATE "C" NOT NULL,
	places TEXT[] NOT NULL,
	value NUMERIC NOT NULL,
	currency TEXT NOT NULL,
	programme_id TEXT COLLATE "C" NOT NULL,
	lots JSON NOT NULL,
	invited_kinds JSON NOT NULL,
	invited_offers JSON NOT NULL,
	standards JSON NOT NULL,
	data_resources JSON NOT NULL,
	documents JSON DEFAULT '[]' NOT NULL,
	contract_form JSON NOT NULL,
	openers_asked JSON NOT NULL,
	openers JSON NOT NULL,
	threshold INTEGER NOT NULL,
	client_sealing_required BOOLEAN NOT NULL,
	envelopes TEXT DEFAULT 'one' NOT NULL,
	enquiry_ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
	submission_ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
	opening_at TIMESTAMP WITH TIME ZONE NOT NULL,
	estimated_value NUMERIC,
	published_at TIMESTAMP WITH TIME ZONE,
	profile_id TEXT COLLATE "C",
	waits_for_answers BOOLEAN DEFAULT 'false' NOT NULL,
	warnings JSON DEFAULT '[]' NOT NULL,
	cancelled_reason JSON,
	is_contracted BOOLEAN DEFAULT 'false' NOT NULL,
	later_state TEXT GENERATED ALWAYS AS (CASE WHEN state NOT IN ('draft', 'published') THEN state END) STORED,
	searched TSVECTOR GENERATED ALWAYS AS (bigrams(coalesce(title->>'zh', '') || ' ' || coalesce(title->>'en', '') || ' ' || coalesce(description->>'zh', '') || ' ' || coalesce(description->>'en', '')) || tags('in', places) || tags('sector', ARRAY[sector]) || tags('operation', ARRAY[operation]) || tags('kind', words_of(invited_kinds)) || tags('offer', words_of(invited_offers))) STORED,
	CONSTRAINT need_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT need_state_is_known CHECK (state IN ('draft', 'published', 'closed', 'opened', 'evaluated', 'awarded', 'contracted', 'cancelled', 'unsuccessful')),
	CONSTRAINT need_what_is_public_is_dated CHECK (state IN ('draft', 'cancelled') OR published_at IS NOT NULL),
	CONSTRAINT need_what_is_public_has_its_rules CHECK ((published_at IS NULL) = (profile_id IS NULL)),
	CONSTRAINT need_a_contracted_need_stays_contracted CHECK (state NOT IN ('contracted', 'opened') AND NOT is_contracted OR state = 'contracted' AND is_contracted OR state = 'opened'),
	CONSTRAINT need_value_is_positive CHECK (value > 0),
	CONSTRAINT need_estimate_is_within_the_ceilings CHECK (estimated_value > 0 AND estimated_value <= value),
	CONSTRAINT need_dates_are_in_order CHECK (enquiry_ends_at < submission_ends_at AND submission_ends_at <= opening_at),
	CONSTRAINT need_nobody_opens_alone CHECK (threshold >= 2),
	CONSTRAINT need_envelopes_are_counted CHECK (envelopes IN ('one', 'two'))
)
 WITH (fillfactor = 70);
-- next
CREATE INDEX need_by_closing ON need (submission_ends_at);
-- next
CREATE INDEX need_by_later_state ON need (later_state, id) WHERE later_state IS NOT NULL;
-- next
CREATE INDEX need_by_value ON need (currency, value);
-- next
CREATE INDEX need_newest_first ON need (id);
-- next
CREATE INDEX need_searched ON need USING gin (searched) WITH (gin_pending_list_limit = 256);
-- next
CREATE TABLE opening_key (
	authority_id INTEGER NOT NULL,
	person_id TEXT COLLATE "C" NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT opening_key_id_is_identifier CHECK (id ~ '^key_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	public_key TEXT NOT NULL,
	registered_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT opening_key_pkey PRIMARY KEY (authority_id, person_id)
);
-- next
CREATE TABLE passkey_challenge (
	digest BYTEA NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT passkey_challenge_pkey PRIMARY KEY (digest),
	CONSTRAINT passkey_challenge_digest_is_sha256 CHECK (octet_length(digest) = 32)
);
-- next
CREATE INDEX passkey_challenge_by_expiry ON passkey_challenge (expires_at);
-- next
CREATE TABLE person (
	id TEXT COLLATE "C" NOT NULL CONSTRAINT person_id_is_identifier CHECK (id ~ '^person_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	name JSON NOT NULL,
	disabled_at TIMESTAMP WITH TIME ZONE,
	version INTEGER NOT NULL,
	CONSTRAINT person_pkey PRIMARY KEY (id)
);
-- next
CREATE TABLE programme (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT programme_id_is_identifier CHECK (id ~ '^programme_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	name JSON NOT NULL,
	fiscal_year INTEGER NOT NULL,
	sector TEXT NOT NULL,
	operation TEXT NOT NULL,
	phase TEXT NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	CONSTRAINT programme_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT programme_version_is_positive CHECK (version > 0),
	CONSTRAINT programme_fiscal_year_is_a_year CHECK (fiscal_year BETWEEN 2000 AND 2199),
	CONSTRAINT programme_currency_is_a_code CHECK (currency ~ '^[A-Z]{3}$'),
	CONSTRAINT programme_sector_is_known CHECK (sector IN ('economy_industry', 'industry_city_integration', 'urban_governance', 'public_services', 'livable_environment', 'resilience_safety')),
	CONSTRAINT programme_operation_is_known CHECK (operation IN ('data', 'facility', 'service')),
	CONSTRAINT programme_phase_is_known CHECK (phase IN ('construction', 'operation'))
);
-- next
CREATE INDEX programme_newest_first ON programme (id);
-- next
CREATE INDEX programme_of_year ON programme (fiscal_year, id);
-- next
CREATE TABLE revoked_token (
	jti TEXT COLLATE "C" NOT NULL CONSTRAINT revoked_token_jti_is_identifier CHECK (jti ~ '^token_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT revoked_token_pkey PRIMARY KEY (jti)
);
-- next
CREATE INDEX revoked_token_expires_at ON revoked_token (expires_at);
-- next
CREATE TABLE sandbox_clock (
	one BOOLEAN NOT NULL,
	ahead INTERVAL NOT NULL,
	stands_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT sandbox_clock_pkey PRIMARY KEY (one),
	CONSTRAINT sandbox_clock_is_one_row CHECK (one)
);
-- next
CREATE TABLE sandbox_parties (
	one BOOLEAN NOT NULL,
	client_id TEXT COLLATE "C" NOT NULL,
	parties JSON NOT NULL,
	CONSTRAINT sandbox_parties_pkey PRIMARY KEY (one),
	CONSTRAINT sandbox_parties_is_one_row CHECK (one)
);
-- next
CREATE TABLE saved_search (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT saved_search_id_is_identifier CHECK (id ~ '^search_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	name JSON NOT NULL,
	filters JSON NOT NULL,
	text TEXT,
	sector TEXT,
	operation TEXT,
	within TEXT,
	invited_kind TEXT,
	invited_offer TEXT,
	value_min NUMERIC,
	value_max NUMERIC,
	currency TEXT,
	closing_from TIMESTAMP WITH TIME ZONE,
	closing_before TIMESTAMP WITH TIME ZONE,
	saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT saved_search_pkey PRIMARY KEY (authority_id, id)
);
-- next
CREATE INDEX saved_search_of ON saved_search (organisation_id, id);
-- next
CREATE TABLE standard (
	code TEXT COLLATE "C" NOT NULL,
	publisher TEXT NOT NULL,
	name JSON NOT NULL,
	CONSTRAINT standard_pkey PRIMARY KEY (code)
);
-- next
CREATE TABLE standard_form (
	id TEXT COLLATE "C" NOT NULL,
	version TEXT COLLATE "C" NOT NULL,
	digest TEXT COLLATE "C" NOT NULL,
	content JSON NOT NULL,
	CONSTRAINT standard_form_pkey PRIMARY KEY (id, version),
	CONSTRAINT standard_form_digest_is_of_the_content CHECK (digest = encode(sha256(convert_to(content::text, 'UTF8')), 'hex'))
);
-- next
CREATE TABLE stored_answer (
	principal TEXT NOT NULL,
	key TEXT NOT NULL,
	fingerprint BYTEA NOT NULL,
	status INTEGER NOT NULL,
	headers BYTEA NOT NULL,
	body BYTEA NOT NULL,
	stored_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT stored_answer_pkey PRIMARY KEY (principal, key)
);
-- next
CREATE TABLE working_calendar (
	id TEXT COLLATE "C" NOT NULL,
	content JSON NOT NULL,
	CONSTRAINT working_calendar_pkey PRIMARY KEY (id)
);
-- next
CREATE TABLE account (
	person_id TEXT COLLATE "C" NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT account_id_is_identifier CHECK (id ~ '^account_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	username TEXT NOT NULL,
	username_folded TEXT COLLATE "C" NOT NULL,
	password_digest TEXT COLLATE "C" NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT account_pkey PRIMARY KEY (person_id),
	CONSTRAINT account_id_is_unique UNIQUE (id),
	CONSTRAINT account_username_folded_is_unique UNIQUE (username_folded),
	CONSTRAINT account_password_is_a_digest CHECK (password_digest LIKE '$argon2id$%%'),
	CONSTRAINT account_person_id_refers FOREIGN KEY(person_id) REFERENCES person (id)
);
-- next
CREATE TABLE appropriation (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT appropriation_id_is_identifier CHECK (id ~ '^appropriation_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	programme_id TEXT COLLATE "C" NOT NULL,
	amount NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	reason JSON NOT NULL,
	assessment_id TEXT COLLATE "C",
	departs_because JSON,
	appropriated_by TEXT COLLATE "C" NOT NULL,
	appropriated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT appropriation_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT appropriation_authority_id_programme_id_id_is_unique UNIQUE (authority_id, programme_id, id),
	CONSTRAINT appropriation_authority_id_programme_id_refers FOREIGN KEY(authority_id, programme_id) REFERENCES programme (authority_id, id),
	CONSTRAINT appropriation_amount_is_positive CHECK (amount > 0 AND amount < 1e20),
	CONSTRAINT appropriation_amount_is_no_finer_than_coins CHECK (amount = round(amount, currency_places(currency)))
);
-- next
CREATE TABLE attachment (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT attachment_id_is_identifier CHECK (id ~ '^attachment_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	need_id TEXT COLLATE "C" NOT NULL,
	name TEXT NOT NULL,
	media_type TEXT NOT NULL,
	bytes BIGINT NOT NULL,
	sha256 TEXT COLLATE "C" NOT NULL,
	filed_by TEXT COLLATE "C" NOT NULL,
	filed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT attachment_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT attachment_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT attachment_media_type_is_known CHECK (media_type IN ('application/pdf', 'text/plain', 'text/csv', 'application/json', 'application/geo+json', 'application/xml', 'image/png', 'image/jpeg', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'application/vnd.openxmlformats-officedocument.presentationml.presentation', 'application/vnd.oasis.opendocument.text', 'application/vnd.oasis.opendocument.spreadsheet', 'application/vnd.oasis.opendocument.presentation', 'application/vnd.etsi.asic-e+zip', 'application/vnd.etsi.asic-s+zip', 'application/zip')),
	CONSTRAINT attachment_sha256_is_a_digest CHECK (sha256 ~ '^[0-9a-f]{64}$'),
	CONSTRAINT attachment_is_not_empty CHECK (bytes > 0)
);
-- next
CREATE INDEX attachment_by_digest ON attachment (sha256);
-- next
CREATE INDEX attachment_of_need ON attachment (authority_id, need_id, id);
-- next
CREATE TABLE authorisation_code (
	digest BYTEA NOT NULL,
	authorisation_id TEXT COLLATE "C" NOT NULL,
	redirect_uri TEXT NOT NULL,
	code_challenge TEXT COLLATE "C" NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	used_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT authorisation_code_pkey PRIMARY KEY (digest),
	CONSTRAINT authorisation_code_digest_is_sha256 CHECK (octet_length(digest) = 32),
	CONSTRAINT authorisation_code_authorisation_id_refers FOREIGN KEY(authorisation_id) REFERENCES authorisation (id) ON DELETE CASCADE
);
-- next
CREATE INDEX authorisation_code_of ON authorisation_code (authorisation_id);
-- next
CREATE TABLE bank_report (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT bank_report_id_is_identifier CHECK (id ~ '^bankreport_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	kind TEXT COLLATE "C" NOT NULL,
	message_id TEXT NOT NULL,
	file_id TEXT COLLATE "C",
	digest BYTEA NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	received_by TEXT COLLATE "C" NOT NULL,
	CONSTRAINT bank_report_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT a_message_is_taken_once UNIQUE (authority_id, kind, message_id),
	CONSTRAINT bank_report_authority_id_file_id_refers FOREIGN KEY(authority_id, file_id) REFERENCES bank_file (authority_id, id),
	CONSTRAINT bank_report_a_status_report_answers_a_file CHECK ((kind = 'pain.002') = (file_id IS NOT NULL)),
	CONSTRAINT bank_report_kind_is_known CHECK (kind IN ('pain.002', 'camt.053', 'camt.054'))
);
-- next
CREATE TABLE evaluation (
	authority_id INTEGER NOT NULL,
	need_id TEXT COLLATE "C" NOT NULL,
	round INTEGER NOT NULL,
	contests JSON NOT NULL,
	digest TEXT NOT NULL,
	unsuccessful JSON NOT NULL,
	evaluated_by TEXT COLLATE "C" NOT NULL,
	evaluated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	frozen JSON,
	CONSTRAINT evaluation_pkey PRIMARY KEY (authority_id, need_id, round),
	CONSTRAINT evaluation_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT evaluation_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$')
);
-- next
CREATE TABLE evaluator (
	authority_id INTEGER NOT NULL,
	need_id TEXT COLLATE "C" NOT NULL,
	person_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	appointed_by TEXT COLLATE "C" NOT NULL,
	appointed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	has_conflict BOOLEAN,
	reason JSON,
	declared_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT evaluator_pkey PRIMARY KEY (authority_id, need_id, person_id),
	CONSTRAINT evaluator_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT evaluator_a_declaration_is_dated CHECK ((has_conflict IS NULL) = (declared_at IS NULL)),
	CONSTRAINT evaluator_nobody_appoints_himself CHECK (person_id <> appointed_by)
);
-- next
CREATE TABLE event_pending (
	authority_id INTEGER NOT NULL,
	event_id TEXT COLLATE "C" NOT NULL,
	arrival BIGINT GENERATED BY DEFAULT AS IDENTITY,
	CONSTRAINT event_pending_pkey PRIMARY KEY (authority_id, event_id),
	CONSTRAINT event_pending_authority_id_event_id_refers FOREIGN KEY(authority_id, event_id) REFERENCES event (authority_id, id)
);
-- next
CREATE INDEX event_pending_by_arrival ON event_pending (arrival);
-- next
CREATE TABLE lot (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT lot_id_is_identifier CHECK (id ~ '^lot_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	need_id TEXT COLLATE "C" NOT NULL,
	ceiling NUMERIC NOT NULL,
	currency TEXT NOT NULL,
	CONSTRAINT lot_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT lot_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT lot_ceiling_is_positive CHECK (ceiling > 0)
);
-- next
CREATE INDEX lot_of_need ON lot (authority_id, need_id);
-- next
CREATE TABLE need_amendment (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT need_amendment_id_is_identifier CHECK (id ~ '^amendment_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	need_id TEXT COLLATE "C" NOT NULL,
	version INTEGER NOT NULL,
	reason JSON NOT NULL,
	differences JSON NOT NULL,
	is_extended BOOLEAN NOT NULL,
	amended_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT need_amendment_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT need_amendment_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT need_amendment_authority_id_need_id_version_is_unique UNIQUE (authority_id, need_id, version)
);
-- next
CREATE INDEX need_amendment_of_need ON need_amendment (authority_id, need_id, id);
-- next
CREATE TABLE offer_reader (
	authority_id INTEGER NOT NULL,
	need_id TEXT COLLATE "C" NOT NULL,
	person_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	may_read BOOLEAN NOT NULL,
	CONSTRAINT offer_reader_pkey PRIMARY KEY (authority_id, need_id, person_id),
	CONSTRAINT offer_reader_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id)
);
-- next
CREATE TABLE opening (
	authority_id INTEGER NOT NULL,
	need_id TEXT COLLATE "C" NOT NULL,
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
	opened_by TEXT[] NOT NULL,
	record JSON NOT NULL,
	part TEXT DEFAULT 'whole' NOT NULL,
	CONSTRAINT opening_pkey PRIMARY KEY (authority_id, need_id, part),
	CONSTRAINT opening_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT opening_part_is_known CHECK (part IN ('whole', 'technical', 'financial')),
	CONSTRAINT opening_nobody_opens_alone CHECK (cardinality(opened_by) >= 2 AND opened_by[1] <> opened_by[2])
);
-- next
CREATE TABLE opening_share (
	authority_id INTEGER NOT NULL,
	need_id TEXT COLLATE "C" NOT NULL,
	person_id TEXT COLLATE "C" NOT NULL,
	shares JSON NOT NULL,
	handed_in_at TIMESTAMP WITH TIME ZONE NOT NULL,
	part TEXT DEFAULT 'whole' NOT NULL,
	CONSTRAINT opening_share_pkey PRIMARY KEY (authority_id, need_id, part, person_id),
	CONSTRAINT opening_share_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT opening_share_part_is_known CHECK (part IN ('whole', 'technical', 'financial'))
);
-- next
CREATE TABLE organisation (
	id TEXT COLLATE "C" NOT NULL CONSTRAINT organisation_id_is_identifier CHECK (id ~ '^org_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	number INTEGER GENERATED BY DEFAULT AS IDENTITY,
	kind TEXT NOT NULL,
	name JSON NOT NULL,
	jurisdiction TEXT COLLATE "C" NOT NULL,
	scale TEXT,
	state TEXT NOT NULL,
	bank_account JSON,
	other_names JSON NOT NULL,
	beneficial_owners JSON NOT NULL,
	judgement JSON,
	registered_at TIMESTAMP WITH TIME ZONE NOT NULL,
	version INTEGER NOT NULL,
	CONSTRAINT organisation_pkey PRIMARY KEY (id),
	CONSTRAINT organisation_kind_is_known CHECK (kind IN ('government', 'enterprise', 'think_tank', 'financial_institution', 'auditor', 'platform')),
	CONSTRAINT organisation_scale_is_known CHECK (scale IN ('micro', 'small', 'medium', 'large')),
	CONSTRAINT organisation_state_is_known CHECK (state IN ('registered', 'verified', 'suspended')),
	CONSTRAINT organisation_only_the_platform_is_number_0 CHECK ((number = 0) = (kind = 'platform')),
	CONSTRAINT organisation_version_is_positive CHECK (version > 0),
	CONSTRAINT organisation_number_is_unique UNIQUE (number),
	CONSTRAINT organisation_jurisdiction_refers FOREIGN KEY(jurisdiction) REFERENCES jurisdiction (code)
);
-- next
CREATE INDEX organisation_by_kind ON organisation (kind, id);
-- next
CREATE TABLE outside_identity (
	id TEXT COLLATE "C" NOT NULL CONSTRAINT outside_identity_id_is_identifier CHECK (id ~ '^identity_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	issuer TEXT COLLATE "C" NOT NULL,
	subject TEXT COLLATE "C" NOT NULL,
	person_id TEXT COLLATE "C" NOT NULL,
	linked_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT outside_identity_pkey PRIMARY KEY (id),
	CONSTRAINT outside_identity_issuer_subject_is_unique UNIQUE (issuer, subject),
	CONSTRAINT outside_identity_subject_is_named CHECK (char_length(subject) BETWEEN 1 AND 255),
	CONSTRAINT outside_identity_person_id_refers FOREIGN KEY(person_id) REFERENCES person (id)
);
-- next
CREATE INDEX outside_identity_of_person ON outside_identity (person_id);
-- next
CREATE TABLE procurement_profile (
	id TEXT COLLATE "C" NOT NULL,
	calendar TEXT COLLATE "C" NOT NULL,
	title JSON NOT NULL,
	note JSON,
	laws JSON NOT NULL,
	rules JSON NOT NULL,
	CONSTRAINT procurement_profile_pkey PRIMARY KEY (id),
	CONSTRAINT procurement_profile_calendar_refers FOREIGN KEY(calendar) REFERENCES working_calendar (id)
);
-- next
CREATE TABLE question (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT question_id_is_identifier CHECK (id ~ '^question_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	need_id TEXT COLLATE "C" NOT NULL,
	version INTEGER NOT NULL,
	text JSON NOT NULL,
	asked_by TEXT COLLATE "C" NOT NULL,
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
	answer JSON,
	answered_by TEXT COLLATE "C",
	answered_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT question_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT question_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT question_an_answer_is_dated CHECK ((answer IS NULL) = (answered_at IS NULL))
);
-- next
CREATE INDEX question_of_need ON question (authority_id, need_id, id);
-- next
CREATE TABLE refresh_token (
	digest BYTEA NOT NULL,
	authorisation_id TEXT COLLATE "C" NOT NULL,
	issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
	replaced_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT refresh_token_pkey PRIMARY KEY (digest),
	CONSTRAINT refresh_token_digest_is_sha256 CHECK (octet_length(digest) = 32),
	CONSTRAINT refresh_token_authorisation_id_refers FOREIGN KEY(authorisation_id) REFERENCES authorisation (id) ON DELETE CASCADE
);
-- next
CREATE INDEX refresh_token_of ON refresh_token (authorisation_id);
-- next
CREATE TABLE score_freezing (
	authority_id INTEGER NOT NULL,
	need_id TEXT COLLATE "C" NOT NULL,
	salt TEXT NOT NULL,
	offers JSON NOT NULL,
	digest TEXT NOT NULL,
	frozen_by TEXT COLLATE "C" NOT NULL,
	frozen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT score_freezing_pkey PRIMARY KEY (authority_id, need_id),
	CONSTRAINT score_freezing_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT score_freezing_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$')
);
-- next
CREATE TABLE transfer (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT transfer_id_is_identifier CHECK (id ~ '^transfer_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	act TEXT NOT NULL,
	debit_id TEXT COLLATE "C" NOT NULL,
	credit_id TEXT COLLATE "C" NOT NULL,
	amount NUMERIC NOT NULL,
	programme_id TEXT COLLATE "C" NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	reverses_id TEXT COLLATE "C",
	reference TEXT COLLATE "C" NOT NULL,
	moved_by TEXT COLLATE "C" NOT NULL,
	valid_at TIMESTAMP WITH TIME ZONE NOT NULL,
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT transfer_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT transfer_authority_id_reverses_id_is_unique UNIQUE (authority_id, reverses_id),
	CONSTRAINT transfer_debit_is_of_its_programme FOREIGN KEY(authority_id, debit_id, programme_id, currency) REFERENCES ledger_account (authority_id, id, programme_id, currency),
	CONSTRAINT transfer_credit_is_of_its_programme FOREIGN KEY(authority_id, credit_id, programme_id, currency) REFERENCES ledger_account (authority_id, id, programme_id, currency),
	CONSTRAINT transfer_authority_id_reverses_id_refers FOREIGN KEY(authority_id, reverses_id) REFERENCES transfer (authority_id, id),
	CONSTRAINT transfer_amount_is_positive CHECK (amount > 0 AND amount < 1e20),
	CONSTRAINT transfer_amount_is_no_finer_than_coins CHECK (amount = round(amount, currency_places(currency))),
	CONSTRAINT transfer_has_two_accounts CHECK (debit_id <> credit_id)
);
-- next
CREATE INDEX transfer_by_reference ON transfer (authority_id, reference);
-- next
CREATE INDEX transfer_into ON transfer (authority_id, credit_id);
-- next
CREATE INDEX transfer_out_of ON transfer (authority_id, debit_id);
-- next
CREATE TABLE attachment_expiry (
	authority_id INTEGER NOT NULL,
	attachment_id TEXT COLLATE "C" NOT NULL,
	sha256 TEXT COLLATE "C" NOT NULL,
	ended_on DATE NOT NULL,
	years INTEGER NOT NULL,
	kept_until DATE NOT NULL,
	law TEXT COLLATE "C" NOT NULL,
	article TEXT,
	expired_at TIMESTAMP WITH TIME ZONE NOT NULL,
	erased_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT attachment_expiry_pkey PRIMARY KEY (authority_id, attachment_id),
	CONSTRAINT attachment_expiry_authority_id_attachment_id_refers FOREIGN KEY(authority_id, attachment_id) REFERENCES attachment (authority_id, id),
	CONSTRAINT attachment_expiry_it_is_whole_years CHECK (kept_until >= (ended_on + make_interval(years => years))::date),
	CONSTRAINT attachment_expiry_years_are_positive CHECK (years > 0),
	CONSTRAINT attachment_expiry_nothing_is_erased_before CHECK (erased_at >= expired_at)
);
-- next
CREATE INDEX attachment_expiry_left ON attachment_expiry (sha256) WHERE erased_at IS NULL;
-- next
CREATE TABLE client (
	id TEXT COLLATE "C" NOT NULL CONSTRAINT client_id_is_identifier CHECK (id ~ '^client_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	organisation_id TEXT COLLATE "C" NOT NULL,
	name TEXT NOT NULL,
	profile TEXT NOT NULL,
	scopes TEXT[] NOT NULL,
	roles TEXT[] NOT NULL,
	secret_digest BYTEA,
	old_secret_digest BYTEA,
	old_secret_until TIMESTAMP WITH TIME ZONE,
	jwks JSON,
	jwks_uri TEXT,
	redirect_uris TEXT[] DEFAULT '{}' NOT NULL,
	dpop BOOLEAN DEFAULT false NOT NULL,
	disabled_at TIMESTAMP WITH TIME ZONE,
	last_used_at TIMESTAMP WITH TIME ZONE,
	tokens_from TIMESTAMP WITH TIME ZONE,
	version INTEGER NOT NULL,
	CONSTRAINT client_pkey PRIMARY KEY (id),
	CONSTRAINT client_profile_is_known CHECK (profile IN ('basic', 'high')),
	CONSTRAINT client_has_secret_or_keys_or_is_public CHECK (num_nonnulls(secret_digest, jwks, jwks_uri) = 1 OR (num_nonnulls(secret_digest, jwks, jwks_uri) = 0 AND redirect_uris <> '{}')),
	CONSTRAINT client_public_acts_for_people CHECK (num_nonnulls(secret_digest, jwks, jwks_uri) = 1 OR roles = '{}'),
	CONSTRAINT client_returns_over_https CHECK (num_nonnulls(secret_digest, jwks, jwks_uri) = 0 OR array_to_string(redirect_uris, ' ') !~ '(^| )(?!https://)[^ ]'),
	CONSTRAINT client_returns_over_http_to_its_own_machine_alone CHECK (array_to_string(redirect_uris, ' ') !~* '(^| )http://(?!(127[.]0[.]0[.]1|[[]::1[]])([:/?]| |$))'),
	CONSTRAINT client_high_has_keys CHECK (profile = 'basic' OR num_nonnulls(jwks, jwks_uri) = 1),
	CONSTRAINT client_high_is_bound_to_a_key CHECK (profile = 'basic' OR dpop),
	CONSTRAINT client_secret_is_a_digest CHECK (octet_length(secret_digest) = 32),
	CONSTRAINT client_old_secret_is_a_digest CHECK (octet_length(old_secret_digest) = 32),
	CONSTRAINT client_an_old_secret_ends_beside_a_new_one CHECK (num_nonnulls(old_secret_digest, old_secret_until) <> 1 AND (old_secret_digest IS NULL OR secret_digest IS NOT NULL)),
	CONSTRAINT client_organisation_id_refers FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
-- next
CREATE INDEX client_of_organisation ON client (organisation_id);
-- next
CREATE TABLE consensus (
	authority_id INTEGER NOT NULL,
	offer_id TEXT COLLATE "C" NOT NULL,
	person_id TEXT COLLATE "C" NOT NULL,
	round INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT consensus_id_is_identifier CHECK (id ~ '^consensus_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	need_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	scores JSON NOT NULL,
	agreed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT consensus_pkey PRIMARY KEY (authority_id, offer_id, person_id, round),
	CONSTRAINT consensus_authority_id_need_id_person_id_refers FOREIGN KEY(authority_id, need_id, person_id) REFERENCES evaluator (authority_id, need_id, person_id)
);
-- next
CREATE INDEX consensus_of_need ON consensus (authority_id, need_id);
-- next
CREATE TABLE invitation (
	id TEXT COLLATE "C" NOT NULL CONSTRAINT invitation_id_is_identifier CHECK (id ~ '^invitation_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	organisation_id TEXT COLLATE "C" NOT NULL,
	name JSON NOT NULL,
	roles TEXT[] NOT NULL,
	digest BYTEA NOT NULL,
	invited_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	accepted_at TIMESTAMP WITH TIME ZONE,
	accepted_by TEXT COLLATE "C",
	withdrawn_at TIMESTAMP WITH TIME ZONE,
	version INTEGER NOT NULL,
	CONSTRAINT invitation_pkey PRIMARY KEY (id),
	CONSTRAINT invitation_digest_is_unique UNIQUE (digest),
	CONSTRAINT invitation_digest_is_sha256 CHECK (octet_length(digest) = 32),
	CONSTRAINT invitation_ends_once CHECK (num_nonnulls(accepted_at, withdrawn_at) <= 1),
	CONSTRAINT invitation_is_accepted_by_somebody CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
	CONSTRAINT invitation_is_accepted_in_time CHECK (accepted_at < expires_at),
	CONSTRAINT invitation_roles_are_known CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['officer', 'opener', 'evaluator', 'approver', 'treasurer', 'signatory', 'bidder', 'delivery', 'verifier', 'lender', 'reviewer', 'auditor', 'operator', 'administrator']),
	CONSTRAINT invitation_organisation_id_refers FOREIGN KEY(organisation_id) REFERENCES organisation (id),
	CONSTRAINT invitation_accepted_by_refers FOREIGN KEY(accepted_by) REFERENCES person (id)
);
-- next
CREATE INDEX invitation_of_organisation ON invitation (organisation_id, id);
-- next
CREATE TABLE jurisdiction_profile (
	code TEXT COLLATE "C" NOT NULL,
	profile_id TEXT COLLATE "C" NOT NULL,
	CONSTRAINT jurisdiction_profile_pkey PRIMARY KEY (code),
	CONSTRAINT jurisdiction_profile_code_refers FOREIGN KEY(code) REFERENCES jurisdiction (code),
	CONSTRAINT jurisdiction_profile_profile_id_refers FOREIGN KEY(profile_id) REFERENCES procurement_profile (id)
);
-- next
CREATE TABLE login_session (
	digest BYTEA NOT NULL,
	person_id TEXT COLLATE "C" NOT NULL,
	acr TEXT NOT NULL,
	browser TEXT NOT NULL,
	authenticated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT login_session_pkey PRIMARY KEY (digest),
	CONSTRAINT login_session_digest_is_sha256 CHECK (octet_length(digest) = 32),
	CONSTRAINT login_session_acr_is_known CHECK (acr IN ('pwd', 'phr')),
	CONSTRAINT login_session_person_id_refers FOREIGN KEY(person_id) REFERENCES account (person_id)
);
-- next
CREATE INDEX login_session_of_person ON login_session (person_id, expires_at);
-- next
CREATE TABLE lot_end (
	authority_id INTEGER NOT NULL,
	lot_id TEXT COLLATE "C" NOT NULL,
	kind TEXT NOT NULL,
	need_id TEXT COLLATE "C" NOT NULL,
	reason JSON NOT NULL,
	ended_by TEXT COLLATE "C" NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT lot_end_pkey PRIMARY KEY (authority_id, lot_id, kind),
	CONSTRAINT lot_end_authority_id_lot_id_refers FOREIGN KEY(authority_id, lot_id) REFERENCES lot (authority_id, id),
	CONSTRAINT lot_end_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT lot_end_kind_is_known CHECK (kind IN ('delivery', 'advisory', 'financing'))
);
-- next
CREATE INDEX lot_end_of_need ON lot_end (authority_id, need_id);
-- next
CREATE TABLE offer (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT offer_id_is_identifier CHECK (id ~ '^offer_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	need_id TEXT COLLATE "C" NOT NULL,
	lot_id TEXT COLLATE "C" NOT NULL,
	version INTEGER NOT NULL,
	kind TEXT NOT NULL,
	state TEXT NOT NULL,
	lead_id TEXT COLLATE "C" NOT NULL,
	member_ids TEXT[] NOT NULL,
	liability TEXT DEFAULT 'joint' NOT NULL,
	envelope JSON,
	envelope_digest TEXT,
	sealed_by TEXT,
	received_at TIMESTAMP WITH TIME ZONE,
	receipt TEXT,
	confirmed_version INTEGER,
	failure TEXT,
	content JSON,
	financial_envelope JSON,
	financial_digest TEXT,
	financial_state TEXT,
	CONSTRAINT offer_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT offer_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT offer_authority_id_lot_id_refers FOREIGN KEY(authority_id, lot_id) REFERENCES lot (authority_id, id),
	CONSTRAINT offer_kind_is_known CHECK (kind IN ('delivery', 'advisory', 'financing')),
	CONSTRAINT offer_state_is_known CHECK (state IN ('draft', 'submitted', 'withdrawn', 'opened', 'admitted', 'excluded', 'awarded', 'not_awarded')),
	CONSTRAINT offer_lead_is_a_member CHECK (lead_id = ANY (member_ids)),
	CONSTRAINT offer_liability_is_known CHECK (liability IN ('joint', 'several')),
	CONSTRAINT offer_what_is_submitted_is_sealed CHECK (state <> 'submitted' OR (envelope IS NOT NULL AND envelope_digest IS NOT NULL AND received_at IS NOT NULL AND receipt IS NOT NULL)),
	CONSTRAINT offer_withdrawn_is_destroyed CHECK (state <> 'withdrawn' OR (envelope IS NULL AND financial_envelope IS NULL)),
	CONSTRAINT offer_content_only_when_opened CHECK (content IS NULL OR (state NOT IN ('draft', 'submitted', 'withdrawn') AND (failure IS NULL OR financial_state = 'failed'))),
	CONSTRAINT offer_what_fails_is_excluded CHECK (state = 'excluded' OR failure IS NULL),
	CONSTRAINT offer_financial_state_is_known CHECK (financial_state IN ('sealed', 'opened', 'failed', 'unopened')),
	CONSTRAINT offer_each_part_has_its_digest CHECK (financial_state IS NULL OR financial_digest IS NOT NULL),
	CONSTRAINT offer_each_part_is_kept CHECK ((financial_envelope IS NULL) = (financial_state IS NULL))
);
-- next
CREATE UNIQUE INDEX offer_is_led_once ON offer (authority_id, lot_id, kind, lead_id) WHERE state <> 'withdrawn';
-- next
CREATE INDEX offer_newest_first ON offer (id);
-- next
CREATE INDEX offer_of_need ON offer (authority_id, need_id, id);
-- next
CREATE TABLE organisation_identifier (
	scheme TEXT COLLATE "C" NOT NULL,
	id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	CONSTRAINT organisation_identifier_pkey PRIMARY KEY (scheme, id),
	CONSTRAINT organisation_identifier_is_as_its_register_writes_it CHECK (CASE scheme WHEN 'CN-USC' THEN id ~ '^[0-9A-Z]{18}$' WHEN 'LEI' THEN id ~ '^[0-9A-Z]{20}$' ELSE true END),
	CONSTRAINT organisation_identifier_organisation_id_refers FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
-- next
CREATE UNIQUE INDEX organisation_identifier_however_spelt ON organisation_identifier (scheme, upper(regexp_replace(id, '[^0-9A-Za-z]', '', 'g')));
-- next
CREATE INDEX organisation_identifier_of ON organisation_identifier (organisation_id);
-- next
CREATE TABLE passkey (
	id TEXT COLLATE "C" NOT NULL CONSTRAINT passkey_id_is_identifier CHECK (id ~ '^passkey_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	person_id TEXT COLLATE "C" NOT NULL,
	credential_id BYTEA NOT NULL,
	public_key BYTEA NOT NULL,
	handle BYTEA NOT NULL,
	sign_count BIGINT NOT NULL,
	backed_up BOOLEAN NOT NULL,
	transports TEXT[] NOT NULL,
	label TEXT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	used_at TIMESTAMP WITH TIME ZONE,
	suspected_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT passkey_pkey PRIMARY KEY (id),
	CONSTRAINT passkey_credential_id_is_unique UNIQUE (credential_id),
	CONSTRAINT passkey_credential_is_short CHECK (octet_length(credential_id) BETWEEN 1 AND 1023),
	CONSTRAINT passkey_handle_has_256_bits CHECK (octet_length(handle) = 32),
	CONSTRAINT passkey_sign_count_has_32_bits CHECK (sign_count BETWEEN 0 AND 4294967295),
	CONSTRAINT passkey_label_is_short CHECK (char_length(label) BETWEEN 1 AND 60),
	CONSTRAINT passkey_person_id_refers FOREIGN KEY(person_id) REFERENCES account (person_id)
);
-- next
CREATE INDEX passkey_of_person ON passkey (person_id, id);
-- next
CREATE TABLE recovery (
	id TEXT COLLATE "C" NOT NULL CONSTRAINT recovery_id_is_identifier CHECK (id ~ '^recovery_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	person_id TEXT COLLATE "C" NOT NULL,
	offered_in TEXT[] NOT NULL,
	offered_by TEXT COLLATE "C" NOT NULL,
	digest BYTEA NOT NULL,
	offered_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	used_at TIMESTAMP WITH TIME ZONE,
	replaced_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT recovery_pkey PRIMARY KEY (id),
	CONSTRAINT recovery_digest_is_unique UNIQUE (digest),
	CONSTRAINT recovery_is_offered_by_another CHECK (offered_by <> person_id),
	CONSTRAINT recovery_digest_is_sha256 CHECK (octet_length(digest) = 32),
	CONSTRAINT recovery_ends_once CHECK (num_nonnulls(used_at, replaced_at) <= 1),
	CONSTRAINT recovery_is_used_in_time CHECK (used_at < expires_at),
	CONSTRAINT recovery_person_id_refers FOREIGN KEY(person_id) REFERENCES account (person_id)
);
-- next
CREATE UNIQUE INDEX recovery_that_is_open ON recovery (person_id) WHERE used_at IS NULL AND replaced_at IS NULL;
-- next
CREATE TABLE shift (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT shift_id_is_identifier CHECK (id ~ '^shift_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	kind TEXT NOT NULL,
	from_id TEXT COLLATE "C" NOT NULL,
	to_id TEXT COLLATE "C",
	appropriation_id TEXT COLLATE "C",
	asked NUMERIC,
	amount NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	reason JSON NOT NULL,
	proposed_by TEXT COLLATE "C" NOT NULL,
	proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	decided_by TEXT COLLATE "C",
	decided_at TIMESTAMP WITH TIME ZONE,
	rejection JSON,
	CONSTRAINT shift_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT shift_authority_id_from_id_refers FOREIGN KEY(authority_id, from_id) REFERENCES programme (authority_id, id),
	CONSTRAINT shift_authority_id_to_id_refers FOREIGN KEY(authority_id, to_id) REFERENCES programme (authority_id, id),
	CONSTRAINT a_correction_is_of_its_programme FOREIGN KEY(authority_id, from_id, appropriation_id) REFERENCES appropriation (authority_id, programme_id, id),
	CONSTRAINT shift_kind_is_known CHECK (kind IN ('transfer', 'carry_forward', 'lapse', 'correction')),
	CONSTRAINT shift_state_is_known CHECK (state IN ('proposed', 'approved', 'rejected')),
	CONSTRAINT shift_version_is_positive CHECK (version > 0),
	CONSTRAINT shift_amount_is_positive CHECK (amount > 0 AND amount < 1e20 AND asked > 0),
	CONSTRAINT shift_what_goes_on_has_a_place CHECK ((kind IN ('transfer', 'carry_forward')) = (to_id IS NOT NULL) AND (to_id IS NULL) = (asked IS NULL) AND asked = amount),
	CONSTRAINT shift_has_two_programmes CHECK (from_id <> to_id),
	CONSTRAINT shift_a_correction_is_of_one CHECK ((kind = 'correction') = (appropriation_id IS NOT NULL)),
	CONSTRAINT shift_a_decision_is_whole CHECK ((state = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL) AND (state = 'rejected') = (rejection IS NOT NULL)),
	CONSTRAINT shift_nobody_decides_on_an_own_shift CHECK (decided_by <> proposed_by)
);
-- next
CREATE UNIQUE INDEX an_appropriation_is_corrected_once ON shift (authority_id, appropriation_id) WHERE state = 'approved' AND appropriation_id IS NOT NULL;
-- next
CREATE INDEX shift_from ON shift (authority_id, from_id, id);
-- next
CREATE INDEX shift_to ON shift (authority_id, to_id, id);
-- next
CREATE TABLE webhook (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT webhook_id_is_identifier CHECK (id ~ '^webhook_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	url TEXT NOT NULL,
	description TEXT,
	event_types TEXT[],
	search_id TEXT COLLATE "C",
	salt BYTEA NOT NULL,
	public_key TEXT NOT NULL,
	previous_salt BYTEA,
	previous_public_key TEXT,
	previous_until TIMESTAMP WITH TIME ZONE,
	registered_at TIMESTAMP WITH TIME ZONE NOT NULL,
	stopped_because TEXT,
	stopped_at TIMESTAMP WITH TIME ZONE,
	cursor BIGINT NOT NULL,
	has_lost BOOLEAN NOT NULL,
	lease BIGINT NOT NULL,
	leased_until TIMESTAMP WITH TIME ZONE,
	CONSTRAINT webhook_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT webhook_state_is_known CHECK (state IN ('active', 'paused', 'stopped')),
	CONSTRAINT webhook_stopped_because_is_known CHECK (stopped_because IN ('gone', 'failing')),
	CONSTRAINT webhook_version_is_positive CHECK (version > 0),
	CONSTRAINT webhook_cursor_is_a_position CHECK (cursor >= 0),
	CONSTRAINT webhook_salt_is_long_enough CHECK (length(salt) = 32),
	CONSTRAINT webhook_a_stop_has_its_reason CHECK ((state = 'stopped') = (stopped_because IS NOT NULL) AND (stopped_because IS NULL) = (stopped_at IS NULL)),
	CONSTRAINT webhook_what_was_rotated_has_its_end CHECK ((previous_salt IS NULL) = (previous_until IS NULL) AND (previous_salt IS NULL) = (previous_public_key IS NULL)),
	CONSTRAINT webhook_organisation_id_refers FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
-- next
CREATE INDEX webhook_of ON webhook (organisation_id, id);
-- next
CREATE INDEX webhook_to_serve ON webhook (authority_id, id) WHERE state = 'active';
-- next
CREATE TABLE admission (
	authority_id INTEGER NOT NULL,
	offer_id TEXT COLLATE "C" NOT NULL,
	round INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT admission_id_is_identifier CHECK (id ~ '^admission_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	need_id TEXT COLLATE "C" NOT NULL,
	lot_id TEXT COLLATE "C" NOT NULL,
	kind TEXT NOT NULL,
	lead_id TEXT COLLATE "C" NOT NULL,
	outcome TEXT NOT NULL,
	ground TEXT,
	reasons JSON,
	decided_by TEXT COLLATE "C" NOT NULL,
	decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT admission_pkey PRIMARY KEY (authority_id, offer_id, round),
	CONSTRAINT admission_authority_id_offer_id_refers FOREIGN KEY(authority_id, offer_id) REFERENCES offer (authority_id, id),
	CONSTRAINT admission_outcome_is_known CHECK (outcome IN ('admitted', 'excluded')),
	CONSTRAINT admission_ground_is_known CHECK (ground IN ('requirement_not_met', 'price_above_ceiling', 'terms_unsound', 'consortium_incomplete', 'bidder_suspended', 'conflict_of_interest', 'false_declaration', 'collusion', 'ineligible', 'unconfirmed_after_amendment', 'not_openable', 'abnormally_low', 'award_declined', 'contract_unsigned')),
	CONSTRAINT admission_an_exclusion_says_why CHECK ((outcome = 'excluded') = (ground IS NOT NULL AND reasons IS NOT NULL)),
	CONSTRAINT admission_round_counts_from_one CHECK (round > 0)
);
-- next
CREATE INDEX admission_of_need ON admission (authority_id, need_id, id);
-- next
CREATE TABLE award (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT award_id_is_identifier CHECK (id ~ '^award_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	need_id TEXT COLLATE "C" NOT NULL,
	lot_id TEXT COLLATE "C" NOT NULL,
	offer_id TEXT COLLATE "C" NOT NULL,
	round INTEGER NOT NULL,
	version INTEGER NOT NULL,
	kind TEXT NOT NULL,
	state TEXT NOT NULL,
	lead_id TEXT COLLATE "C" NOT NULL,
	price NUMERIC NOT NULL,
	currency TEXT NOT NULL,
	terms JSON NOT NULL,
	reason JSON NOT NULL,
	passed_over JSON NOT NULL,
	proposed_by TEXT COLLATE "C" NOT NULL,
	proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	approved_by TEXT COLLATE "C",
	approved_at TIMESTAMP WITH TIME ZONE,
	standstill_ends_at TIMESTAMP WITH TIME ZONE,
	challenge_ends_at TIMESTAMP WITH TIME ZONE,
	cancelled_at TIMESTAMP WITH TIME ZONE,
	cancelled_by TEXT COLLATE "C",
	cancelled_reason JSON,
	remedy TEXT,
	lapse TEXT,
	CONSTRAINT award_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT award_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT award_authority_id_lot_id_refers FOREIGN KEY(authority_id, lot_id) REFERENCES lot (authority_id, id),
	CONSTRAINT award_authority_id_offer_id_refers FOREIGN KEY(authority_id, offer_id) REFERENCES offer (authority_id, id),
	CONSTRAINT award_nobody_declines_an_own_award CHECK ((lapse = 'declined' AND cancelled_by = approved_by) IS NOT TRUE),
	CONSTRAINT award_state_is_known CHECK (state IN ('proposed', 'published', 'suspended', 'cancelled')),
	CONSTRAINT award_nobody_approves_alone CHECK (approved_by <> proposed_by),
	CONSTRAINT award_nobody_judges_an_own_proposal CHECK (cancelled_by <> proposed_by),
	CONSTRAINT award_published_is_approved CHECK ((state <> 'proposed' OR approved_by IS NULL) AND (state NOT IN ('published', 'suspended') OR approved_by IS NOT NULL) AND (approved_by IS NULL) = (approved_at IS NULL) AND (approved_by IS NULL) = (standstill_ends_at IS NULL)),
	CONSTRAINT award_no_challenge_when_final CHECK (challenge_ends_at <= standstill_ends_at),
	CONSTRAINT award_standstill_comes_after CHECK (standstill_ends_at >= approved_at),
	CONSTRAINT award_cancellation_has_a_reason CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL AND cancelled_by IS NOT NULL AND cancelled_reason IS NOT NULL)),
	CONSTRAINT award_remedy_is_known CHECK (remedy IS NULL OR (remedy IN ('evaluation', 'cancellation') AND state = 'cancelled')),
	CONSTRAINT award_lapse_is_known CHECK (lapse IN ('declined', 'unsigned', 'released')),
	CONSTRAINT award_what_was_approved_is_set_aside_or_falls CHECK (num_nonnulls(remedy, lapse) = CASE WHEN state = 'cancelled' AND approved_by IS NOT NULL THEN 1 ELSE 0 END),
	CONSTRAINT award_price_is_positive CHECK (price > 0),
	CONSTRAINT award_round_counts_from_one CHECK (round > 0)
);
-- next
CREATE INDEX award_newest_first ON award (id);
-- next
CREATE INDEX award_of_need ON award (authority_id, need_id);
-- next
CREATE UNIQUE INDEX one_award_of_a_contest_stands ON award (authority_id, lot_id, kind) WHERE state <> 'cancelled';
-- next
CREATE TABLE late_submission (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT late_submission_id_is_identifier CHECK (id ~ '^late_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	need_id TEXT COLLATE "C" NOT NULL,
	offer_id TEXT COLLATE "C" NOT NULL,
	lead_id TEXT COLLATE "C" NOT NULL,
	member_ids TEXT[] NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	submission_ended_at TIMESTAMP WITH TIME ZONE NOT NULL,
	envelope_digests TEXT[] NOT NULL,
	receipt TEXT NOT NULL,
	CONSTRAINT late_submission_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT late_submission_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT late_submission_authority_id_offer_id_refers FOREIGN KEY(authority_id, offer_id) REFERENCES offer (authority_id, id),
	CONSTRAINT late_submission_late_is_late CHECK (received_at >= submission_ended_at)
);
-- next
CREATE INDEX late_submission_of_need ON late_submission (authority_id, need_id, id);
-- next
CREATE TABLE membership (
	organisation_id TEXT COLLATE "C" NOT NULL,
	person_id TEXT COLLATE "C" NOT NULL,
	invitation_id TEXT COLLATE "C" NOT NULL,
	roles TEXT[] NOT NULL,
	version INTEGER NOT NULL,
	CONSTRAINT membership_pkey PRIMARY KEY (organisation_id, person_id),
	CONSTRAINT membership_invitation_id_is_unique UNIQUE (invitation_id),
	CONSTRAINT membership_roles_are_known CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['officer', 'opener', 'evaluator', 'approver', 'treasurer', 'signatory', 'bidder', 'delivery', 'verifier', 'lender', 'reviewer', 'auditor', 'operator', 'administrator']),
	CONSTRAINT membership_organisation_id_refers FOREIGN KEY(organisation_id) REFERENCES organisation (id),
	CONSTRAINT membership_person_id_refers FOREIGN KEY(person_id) REFERENCES person (id),
	CONSTRAINT membership_invitation_id_refers FOREIGN KEY(invitation_id) REFERENCES invitation (id)
);
-- next
CREATE INDEX membership_of_person ON membership (person_id);
-- next
CREATE TABLE offer_departure (
	authority_id INTEGER NOT NULL,
	offer_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	version INTEGER NOT NULL,
	had_consented BOOLEAN NOT NULL,
	reason JSON NOT NULL,
	left_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT offer_departure_pkey PRIMARY KEY (authority_id, offer_id, version),
	CONSTRAINT offer_departure_authority_id_offer_id_refers FOREIGN KEY(authority_id, offer_id) REFERENCES offer (authority_id, id)
);
-- next
CREATE TABLE offer_member (
	authority_id INTEGER NOT NULL,
	offer_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	place INTEGER NOT NULL,
	share NUMERIC NOT NULL,
	consented_at TIMESTAMP WITH TIME ZONE,
	consented_by TEXT,
	CONSTRAINT offer_member_pkey PRIMARY KEY (authority_id, offer_id, organisation_id),
	CONSTRAINT offer_member_authority_id_offer_id_refers FOREIGN KEY(authority_id, offer_id) REFERENCES offer (authority_id, id),
	CONSTRAINT offer_member_share_is_a_part CHECK (share > 0 AND share <= 100),
	CONSTRAINT offer_member_a_consent_has_its_giver CHECK ((consented_at IS NULL) = (consented_by IS NULL))
);
-- next
CREATE TABLE price_explanation (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT price_explanation_id_is_identifier CHECK (id ~ '^explanation_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	need_id TEXT COLLATE "C" NOT NULL,
	lot_id TEXT COLLATE "C" NOT NULL,
	offer_id TEXT COLLATE "C" NOT NULL,
	round INTEGER NOT NULL,
	member_ids TEXT[] NOT NULL,
	question JSON NOT NULL,
	asked_by TEXT COLLATE "C" NOT NULL,
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
	answer_by TIMESTAMP WITH TIME ZONE NOT NULL,
	answer JSON,
	answered_by TEXT COLLATE "C",
	answered_at TIMESTAMP WITH TIME ZONE,
	reasons JSON,
	decided_by TEXT COLLATE "C",
	decided_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT price_explanation_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT price_explanation_authority_id_offer_id_refers FOREIGN KEY(authority_id, offer_id) REFERENCES offer (authority_id, id),
	CONSTRAINT a_price_is_explained_once UNIQUE (authority_id, offer_id, round),
	CONSTRAINT price_explanation_state_is_known CHECK (state IN ('asked', 'answered', 'accepted', 'rejected')),
	CONSTRAINT price_explanation_an_answer_is_dated CHECK ((answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)),
	CONSTRAINT price_explanation_a_decision_has_reasons CHECK ((state IN ('accepted', 'rejected')) = (reasons IS NOT NULL AND decided_by IS NOT NULL AND decided_at IS NOT NULL))
);
-- next
CREATE INDEX price_explanation_newest_first ON price_explanation (id);
-- next
CREATE INDEX price_explanation_of_need ON price_explanation (authority_id, need_id, id);
-- next
CREATE TABLE score (
	authority_id INTEGER NOT NULL,
	offer_id TEXT COLLATE "C" NOT NULL,
	person_id TEXT COLLATE "C" NOT NULL,
	round INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT score_id_is_identifier CHECK (id ~ '^score_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	need_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	scores JSON NOT NULL,
	scored_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT score_pkey PRIMARY KEY (authority_id, offer_id, person_id, round),
	CONSTRAINT score_authority_id_offer_id_refers FOREIGN KEY(authority_id, offer_id) REFERENCES offer (authority_id, id),
	CONSTRAINT score_authority_id_need_id_person_id_refers FOREIGN KEY(authority_id, need_id, person_id) REFERENCES evaluator (authority_id, need_id, person_id)
);
-- next
CREATE INDEX score_of_need ON score (authority_id, need_id);
-- next
CREATE TABLE substitution (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT substitution_id_is_identifier CHECK (id ~ '^substitution_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	need_id TEXT COLLATE "C" NOT NULL,
	offer_id TEXT COLLATE "C" NOT NULL,
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	leaving_id TEXT COLLATE "C" NOT NULL,
	joining_id TEXT COLLATE "C" NOT NULL,
	member_ids TEXT[] NOT NULL,
	share NUMERIC NOT NULL,
	reason JSON NOT NULL,
	proposed_by TEXT COLLATE "C" NOT NULL,
	proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	consented_by TEXT COLLATE "C",
	consented_at TIMESTAMP WITH TIME ZONE,
	approved_by TEXT COLLATE "C",
	approved_at TIMESTAMP WITH TIME ZONE,
	ended_by TEXT COLLATE "C",
	ended_at TIMESTAMP WITH TIME ZONE,
	ended_reason JSON,
	CONSTRAINT substitution_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT substitution_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT substitution_authority_id_offer_id_refers FOREIGN KEY(authority_id, offer_id) REFERENCES offer (authority_id, id),
	CONSTRAINT substitution_state_is_known CHECK (state IN ('proposed', 'consented', 'approved', 'rejected', 'withdrawn')),
	CONSTRAINT substitution_each_step_has_its_hand CHECK ((state <> 'proposed' OR consented_by IS NULL) AND (state NOT IN ('consented', 'approved') OR consented_by IS NOT NULL) AND (state = 'approved') = (approved_by IS NOT NULL) AND (consented_by IS NULL) = (consented_at IS NULL) AND (approved_by IS NULL) = (approved_at IS NULL)),
	CONSTRAINT substitution_an_end_has_its_hand_and_a_rejection_its_reason CHECK ((state IN ('rejected', 'withdrawn')) = (ended_by IS NOT NULL) AND (ended_by IS NULL) = (ended_at IS NULL) AND (state = 'rejected') = (ended_reason IS NOT NULL)),
	CONSTRAINT substitution_nobody_approves_alone CHECK (approved_by <> proposed_by),
	CONSTRAINT substitution_nobody_approves_for_himself CHECK (approved_by <> consented_by),
	CONSTRAINT substitution_one_takes_anothers_place CHECK (joining_id <> leaving_id)
);
-- next
CREATE INDEX substitution_of_offer ON substitution (authority_id, offer_id, id);
-- next
CREATE TABLE webhook_delivery (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT webhook_delivery_id_is_identifier CHECK (id ~ '^delivery_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	webhook_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	position BIGINT,
	type TEXT NOT NULL,
	state TEXT NOT NULL,
	attempts INTEGER NOT NULL,
	is_replay BOOLEAN NOT NULL,
	last_status INTEGER,
	last_problem TEXT,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	attempted_at TIMESTAMP WITH TIME ZONE,
	next_at TIMESTAMP WITH TIME ZONE,
	ended_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT webhook_delivery_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT webhook_delivery_authority_id_webhook_id_refers FOREIGN KEY(authority_id, webhook_id) REFERENCES webhook (authority_id, id),
	CONSTRAINT webhook_delivery_authority_id_webhook_id_position_is_unique UNIQUE (authority_id, webhook_id, position),
	CONSTRAINT webhook_delivery_state_is_known CHECK (state IN ('pending', 'delivered', 'dead')),
	CONSTRAINT webhook_delivery_attempts_are_counted CHECK (attempts >= 0),
	CONSTRAINT webhook_delivery_an_event_has_a_place CHECK ((type = 'webhook.test') = (position IS NULL)),
	CONSTRAINT webhook_delivery_either_comes_again_or_has_ended CHECK ((state = 'pending') = (next_at IS NOT NULL) AND (next_at IS NULL) = (ended_at IS NOT NULL))
);
-- next
CREATE INDEX webhook_delivery_of ON webhook_delivery (authority_id, webhook_id, id);
-- next
CREATE INDEX webhook_delivery_over ON webhook_delivery (ended_at) WHERE ended_at IS NOT NULL;
-- next
CREATE INDEX webhook_delivery_pending ON webhook_delivery (authority_id, webhook_id, position) WHERE state = 'pending';
-- next
CREATE TABLE challenge (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT challenge_id_is_identifier CHECK (id ~ '^challenge_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	need_id TEXT COLLATE "C" NOT NULL,
	award_id TEXT COLLATE "C" NOT NULL,
	offer_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	grounds JSON NOT NULL,
	lodged_by TEXT COLLATE "C" NOT NULL,
	lodged_at TIMESTAMP WITH TIME ZONE NOT NULL,
	decide_by TIMESTAMP WITH TIME ZONE NOT NULL,
	withdrawn_by TEXT COLLATE "C",
	withdrawn_at TIMESTAMP WITH TIME ZONE,
	told_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT challenge_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT challenge_authority_id_award_id_refers FOREIGN KEY(authority_id, award_id) REFERENCES award (authority_id, id),
	CONSTRAINT challenge_authority_id_offer_id_refers FOREIGN KEY(authority_id, offer_id) REFERENCES offer (authority_id, id),
	CONSTRAINT an_award_is_challenged_once_by_each UNIQUE (authority_id, award_id, organisation_id),
	CONSTRAINT challenge_state_is_known CHECK (state IN ('open', 'withdrawn', 'upheld', 'rejected')),
	CONSTRAINT challenge_a_withdrawal_has_its_hand CHECK ((state = 'withdrawn') = (withdrawn_by IS NOT NULL) AND (state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
	CONSTRAINT challenge_time_to_decide_comes_after CHECK (decide_by >= lodged_at),
	CONSTRAINT challenge_nothing_in_time_is_overdue CHECK (told_at > decide_by)
);
-- next
CREATE INDEX challenge_newest_first ON challenge (id);
-- next
CREATE INDEX challenge_to_be_decided ON challenge (decide_by) WHERE state = 'open' AND told_at IS NULL;
-- next
CREATE TABLE contract (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT contract_id_is_identifier CHECK (id ~ '^contract_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	edition INTEGER DEFAULT 1 NOT NULL,
	state TEXT NOT NULL,
	need_id TEXT COLLATE "C" NOT NULL,
	lot_id TEXT COLLATE "C" NOT NULL,
	award_id TEXT COLLATE "C" NOT NULL,
	financing_award_id TEXT COLLATE "C",
	programme_id TEXT COLLATE "C" NOT NULL,
	price NUMERIC NOT NULL,
	currency TEXT NOT NULL,
	starts_on DATE NOT NULL,
	ends_on DATE NOT NULL,
	terms JSON NOT NULL,
	terms_digest TEXT COLLATE "C" NOT NULL,
	drafted_at TIMESTAMP WITH TIME ZONE NOT NULL,
	activated_at TIMESTAMP WITH TIME ZONE,
	suspended_at TIMESTAMP WITH TIME ZONE,
	ended_at TIMESTAMP WITH TIME ZONE,
	turns INTEGER DEFAULT 0 NOT NULL,
	wording INTEGER DEFAULT 1 NOT NULL,
	sign_by TIMESTAMP WITH TIME ZONE,
	called_by TEXT COLLATE "C",
	CONSTRAINT contract_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT contract_authority_id_need_id_refers FOREIGN KEY(authority_id, need_id) REFERENCES need (authority_id, id),
	CONSTRAINT contract_authority_id_lot_id_refers FOREIGN KEY(authority_id, lot_id) REFERENCES lot (authority_id, id),
	CONSTRAINT contract_authority_id_award_id_refers FOREIGN KEY(authority_id, award_id) REFERENCES award (authority_id, id),
	CONSTRAINT contract_authority_id_financing_award_id_refers FOREIGN KEY(authority_id, financing_award_id) REFERENCES award (authority_id, id),
	CONSTRAINT contract_state_is_known CHECK (state IN ('draft', 'active', 'suspended', 'completed', 'terminated', 'cancelled')),
	CONSTRAINT contract_what_stopped_is_dated CHECK ((state = 'suspended') = (suspended_at IS NOT NULL) AND (state IN ('completed', 'terminated', 'cancelled')) = (ended_at IS NOT NULL)),
	CONSTRAINT contract_what_is_in_force_is_dated CHECK ((state IN ('draft', 'cancelled')) = (activated_at IS NULL)),
	CONSTRAINT contract_a_call_to_sign_has_its_time CHECK ((sign_by IS NULL) = (called_by IS NULL)),
	CONSTRAINT contract_version_is_positive CHECK (version > 0),
	CONSTRAINT contract_edition_is_positive CHECK (edition > 0),
	CONSTRAINT contract_wording_is_positive CHECK (wording > 0),
	CONSTRAINT contract_price_is_positive CHECK (price > 0),
	CONSTRAINT contract_term_holds_a_day CHECK (starts_on < ends_on),
	CONSTRAINT contract_digest_is_of_the_terms CHECK (terms_digest = encode(sha256(convert_to(terms::text, 'UTF8')), 'hex'))
);
-- next
CREATE INDEX contract_newest_first ON contract (id);
-- next
CREATE INDEX contract_of_need ON contract (authority_id, need_id);
-- next
CREATE UNIQUE INDEX one_contract_of_an_award_is_active ON contract (authority_id, award_id) WHERE activated_at IS NOT NULL;
-- next
CREATE TABLE letter (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT letter_id_is_identifier CHECK (id ~ '^letter_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	award_id TEXT COLLATE "C" NOT NULL,
	need_id TEXT COLLATE "C" NOT NULL,
	lot_id TEXT COLLATE "C" NOT NULL,
	offer_id TEXT COLLATE "C" NOT NULL,
	member_ids TEXT[] NOT NULL,
	content JSON NOT NULL,
	sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT letter_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT letter_authority_id_award_id_refers FOREIGN KEY(authority_id, award_id) REFERENCES award (authority_id, id),
	CONSTRAINT letter_authority_id_offer_id_refers FOREIGN KEY(authority_id, offer_id) REFERENCES offer (authority_id, id),
	CONSTRAINT each_loser_has_one_letter UNIQUE (authority_id, award_id, offer_id)
);
-- next
CREATE INDEX letter_newest_first ON letter (id);
-- next
CREATE TABLE assessment (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT assessment_id_is_identifier CHECK (id ~ '^assessment_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	programme_id TEXT COLLATE "C" NOT NULL,
	contract_id TEXT COLLATE "C",
	fiscal_year INTEGER NOT NULL,
	reviewer_id TEXT COLLATE "C" NOT NULL,
	opened_by TEXT COLLATE "C" NOT NULL,
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
	statement JSON,
	assessed_by TEXT COLLATE "C",
	assessed_at TIMESTAMP WITH TIME ZONE,
	scored JSON,
	digest TEXT COLLATE "C",
	points_min NUMERIC,
	points_max NUMERIC,
	grade TEXT COLLATE "C",
	recommendation TEXT,
	review_reason JSON,
	reviewed_by TEXT COLLATE "C",
	reviewed_at TIMESTAMP WITH TIME ZONE,
	published_by TEXT COLLATE "C",
	published_at TIMESTAMP WITH TIME ZONE,
	reply JSON,
	replied_by TEXT COLLATE "C",
	replied_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT assessment_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT assessment_authority_id_programme_id_refers FOREIGN KEY(authority_id, programme_id) REFERENCES programme (authority_id, id),
	CONSTRAINT assessment_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT assessment_state_is_known CHECK (state IN ('opened', 'self_assessed', 'reviewed', 'published')),
	CONSTRAINT assessment_version_is_positive CHECK (version > 0),
	CONSTRAINT assessment_fiscal_year_is_a_year CHECK (fiscal_year BETWEEN 2000 AND 2199),
	CONSTRAINT assessment_assessed_is_whole CHECK ((state IN ('self_assessed', 'reviewed', 'published')) = (statement IS NOT NULL) AND (state IN ('self_assessed', 'reviewed', 'published')) = (assessed_by IS NOT NULL) AND (state IN ('self_assessed', 'reviewed', 'published')) = (assessed_at IS NOT NULL) AND (state IN ('self_assessed', 'reviewed', 'published')) = (scored IS NOT NULL) AND (state IN ('self_assessed', 'reviewed', 'published')) = (digest IS NOT NULL) AND (state IN ('self_assessed', 'reviewed', 'published')) = (points_min IS NOT NULL) AND (state IN ('self_assessed', 'reviewed', 'published')) = (points_max IS NOT NULL)),
	CONSTRAINT assessment_reviewed_is_whole CHECK ((state IN ('reviewed', 'published')) = (recommendation IS NOT NULL) AND (state IN ('reviewed', 'published')) = (review_reason IS NOT NULL) AND (state IN ('reviewed', 'published')) = (reviewed_by IS NOT NULL) AND (state IN ('reviewed', 'published')) = (reviewed_at IS NOT NULL)),
	CONSTRAINT assessment_published_is_whole CHECK ((state IN ('published')) = (published_by IS NOT NULL) AND (state IN ('published')) = (published_at IS NOT NULL)),
	CONSTRAINT assessment_a_reply_is_whole CHECK ((reply IS NULL) = (replied_at IS NULL) AND (reply IS NULL) = (replied_by IS NULL) AND (reply IS NULL OR state IN ('reviewed', 'published'))),
	CONSTRAINT assessment_recommendation_is_known CHECK (recommendation IN ('continue', 'scale', 'fix', 'stop')),
	CONSTRAINT assessment_points_are_of_a_hundred CHECK (points_min >= 0 AND points_min <= points_max AND points_max <= 100),
	CONSTRAINT assessment_the_score_is_of_its_trace CHECK (digest = encode(sha256(convert_to(scored::text, 'UTF8')), 'hex') AND points_min = (scored->'score'->>'points_min')::numeric AND points_max = (scored->'score'->>'points_max')::numeric AND grade IS NOT DISTINCT FROM scored->'score'->>'grade'),
	CONSTRAINT assessment_nobody_reviews_an_own_assessment CHECK (reviewed_by <> assessed_by),
	CONSTRAINT assessment_nobody_publishes_an_own_assessment CHECK (published_by <> assessed_by),
	CONSTRAINT assessment_nobody_publishes_an_own_review CHECK (published_by <> reviewed_by),
	CONSTRAINT assessment_reviewer_id_refers FOREIGN KEY(reviewer_id) REFERENCES organisation (id)
);
-- next
CREATE UNIQUE INDEX a_year_is_assessed_once ON assessment (authority_id, programme_id, coalesce(contract_id, ''), fiscal_year);
-- next
CREATE INDEX assessment_newest_first ON assessment (id);
-- next
CREATE TABLE calculation (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT calculation_id_is_identifier CHECK (id ~ '^calculation_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	contract_id TEXT COLLATE "C" NOT NULL,
	ordinal INTEGER NOT NULL,
	supersedes TEXT COLLATE "C",
	kind TEXT COLLATE "C" DEFAULT 'outcome' NOT NULL,
	late_payment_id TEXT COLLATE "C",
	document JSON NOT NULL,
	proofs JSON,
	digest BYTEA NOT NULL,
	total NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT calculation_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT calculation_is_of_its_contract UNIQUE (authority_id, contract_id, id),
	CONSTRAINT calculation_is_of_its_step UNIQUE (authority_id, contract_id, ordinal, id),
	CONSTRAINT calculation_is_of_its_kind UNIQUE (authority_id, contract_id, kind, id),
	CONSTRAINT calculation_is_superseded_once UNIQUE (authority_id, supersedes),
	CONSTRAINT calculation_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT calculation_supersedes_one_of_its_step FOREIGN KEY(authority_id, contract_id, ordinal, supersedes) REFERENCES calculation (authority_id, contract_id, ordinal, id),
	CONSTRAINT calculation_kind_is_known CHECK (kind IN ('outcome', 'interest')),
	CONSTRAINT calculation_interest_is_of_a_payment CHECK ((kind = 'interest') = (late_payment_id IS NOT NULL)),
	CONSTRAINT calculation_ordinal_is_positive CHECK (ordinal > 0),
	CONSTRAINT calculation_supersedes_another CHECK (supersedes <> id),
	CONSTRAINT calculation_total_is_not_negative CHECK (total >= 0),
	CONSTRAINT calculation_total_is_of_the_document CHECK ((document->>'total')::numeric = total AND document->>'currency' = currency),
	CONSTRAINT calculation_digest_is_of_the_document CHECK (document->>'digest' = encode(digest, 'hex') AND digest = sha256(convert_to(replace(document::text, '"digest":"' || encode(digest, 'hex') || '"', '"digest":""'), 'UTF8')))
);
-- next
CREATE UNIQUE INDEX calculation_begins_a_step_once ON calculation (authority_id, contract_id, ordinal) WHERE supersedes IS NULL AND kind = 'outcome';
-- next
CREATE UNIQUE INDEX calculation_begins_interest_once ON calculation (authority_id, late_payment_id) WHERE supersedes IS NULL AND kind = 'interest';
-- next
CREATE TABLE challenge_decision (
	authority_id INTEGER NOT NULL,
	challenge_id TEXT COLLATE "C" NOT NULL,
	outcome TEXT NOT NULL,
	remedy TEXT,
	reasons JSON NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	decided_by TEXT COLLATE "C" NOT NULL,
	decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT challenge_decision_pkey PRIMARY KEY (authority_id, challenge_id),
	CONSTRAINT challenge_decision_authority_id_challenge_id_refers FOREIGN KEY(authority_id, challenge_id) REFERENCES challenge (authority_id, id),
	CONSTRAINT challenge_decision_outcome_is_known CHECK (outcome IN ('upheld', 'rejected')),
	CONSTRAINT challenge_decision_remedy_is_known CHECK (remedy IN ('evaluation', 'cancellation')),
	CONSTRAINT challenge_decision_what_is_upheld_has_a_remedy CHECK ((outcome = 'upheld') = (remedy IS NOT NULL))
);
-- next
CREATE TABLE contract_change (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT contract_change_id_is_identifier CHECK (id ~ '^change_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	edition INTEGER NOT NULL,
	state TEXT NOT NULL,
	side TEXT NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	proposed_by TEXT COLLATE "C" NOT NULL,
	ground TEXT COLLATE "C" NOT NULL,
	reason JSON NOT NULL,
	base_digest TEXT COLLATE "C" NOT NULL,
	changes JSON NOT NULL,
	impact JSON NOT NULL,
	terms JSON NOT NULL,
	terms_digest TEXT COLLATE "C" NOT NULL,
	signers TEXT[] COLLATE "C" NOT NULL,
	price_before NUMERIC NOT NULL,
	price_after NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	needs_approval BOOLEAN NOT NULL,
	approved_by TEXT COLLATE "C",
	approved_at TIMESTAMP WITH TIME ZONE,
	excluded_id TEXT COLLATE "C",
	reply_by TIMESTAMP WITH TIME ZONE,
	reply JSON,
	replied_by TEXT COLLATE "C",
	replied_at TIMESTAMP WITH TIME ZONE,
	dispute JSON,
	disputed_by TEXT COLLATE "C",
	disputed_at TIMESTAMP WITH TIME ZONE,
	proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	ended_by TEXT COLLATE "C",
	ended_reason JSON,
	CONSTRAINT contract_change_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT contract_change_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT contract_change_state_is_known CHECK (state IN ('proposed', 'in_force', 'withdrawn', 'rejected')),
	CONSTRAINT contract_change_side_is_known CHECK (side IN ('authority', 'supplier')),
	CONSTRAINT contract_change_the_first_edition_is_no_change CHECK (edition > 1),
	CONSTRAINT contract_change_version_is_positive CHECK (version > 0),
	CONSTRAINT contract_change_price_is_positive CHECK (price_before > 0 AND price_after > 0),
	CONSTRAINT contract_change_takes_two_to_sign CHECK (cardinality(signers) > 1),
	CONSTRAINT contract_change_changes_something CHECK (terms_digest <> base_digest),
	CONSTRAINT contract_change_who_takes_a_place_is_approved CHECK (needs_approval = (changes->'substitution' IS NOT NULL) AND (approved_by IS NULL) = (approved_at IS NULL) AND (state <> 'in_force' OR NOT needs_approval OR approved_by IS NOT NULL)),
	CONSTRAINT contract_change_another_approves CHECK (approved_by <> proposed_by),
	CONSTRAINT contract_change_who_shall_leave_is_excluded CHECK ((excluded_id IS NULL) = (changes->'substitution'->'exclusion' IS NULL) AND (excluded_id IS NULL) = (reply_by IS NULL) AND (excluded_id IS NULL OR (excluded_id = changes->'substitution'->>'leaving_id' AND excluded_id <> organisation_id AND excluded_id <> ALL (signers)) IS TRUE)),
	CONSTRAINT contract_change_nobody_is_excluded_unheard CHECK (excluded_id IS NULL OR approved_at IS NULL OR (approved_at >= reply_by OR approved_at >= replied_at) IS TRUE),
	CONSTRAINT contract_change_who_is_excluded_replies CHECK ((reply IS NULL) = (replied_by IS NULL) AND (reply IS NULL) = (replied_at IS NULL) AND (reply IS NULL OR excluded_id IS NOT NULL)),
	CONSTRAINT contract_change_what_is_disputed_was_decided CHECK ((dispute IS NULL) = (disputed_by IS NULL) AND (dispute IS NULL) = (disputed_at IS NULL) AND (dispute IS NULL OR excluded_id IS NOT NULL AND disputed_at >= approved_at) IS TRUE),
	CONSTRAINT contract_change_digest_is_of_the_terms CHECK (terms_digest = encode(sha256(convert_to(terms::text, 'UTF8')), 'hex')),
	CONSTRAINT contract_change_price_is_of_the_terms CHECK ((terms->'value'->>'amount')::numeric = price_after AND terms->'value'->>'currency' = currency),
	CONSTRAINT contract_change_end_is_dated_and_reasoned CHECK ((state = 'proposed') = (ended_at IS NULL) AND (state IN ('withdrawn', 'rejected')) = (ended_reason IS NOT NULL) AND (ended_by IS NULL) = (ended_reason IS NULL)),
	CONSTRAINT contract_change_organisation_id_refers FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
-- next
CREATE INDEX change_of_contract ON contract_change (authority_id, contract_id, id);
-- next
CREATE UNIQUE INDEX one_change_makes_an_edition ON contract_change (authority_id, contract_id, edition) WHERE state = 'in_force';
-- next
CREATE UNIQUE INDEX one_change_of_a_contract_is_open ON contract_change (authority_id, contract_id) WHERE state = 'proposed';
-- next
CREATE TABLE contract_keeping (
	authority_id INTEGER NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	ended_on DATE NOT NULL,
	years INTEGER NOT NULL,
	kept_until DATE NOT NULL,
	law TEXT COLLATE "C" NOT NULL,
	article TEXT,
	CONSTRAINT contract_keeping_pkey PRIMARY KEY (authority_id, contract_id),
	CONSTRAINT contract_keeping_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT contract_keeping_it_is_whole_years CHECK (kept_until >= (ended_on + make_interval(years => years))::date),
	CONSTRAINT contract_keeping_years_are_positive CHECK (years > 0)
);
-- next
CREATE INDEX contract_keeping_until ON contract_keeping (kept_until);
-- next
CREATE TABLE contract_party (
	authority_id INTEGER NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	role TEXT NOT NULL,
	share NUMERIC,
	CONSTRAINT contract_party_pkey PRIMARY KEY (authority_id, contract_id, organisation_id),
	CONSTRAINT contract_party_authority_id_contract_id_organisation_id_5343 UNIQUE (authority_id, contract_id, organisation_id, role),
	CONSTRAINT contract_party_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT contract_party_role_is_known CHECK (role IN ('buyer', 'supplier', 'verifier', 'lender')),
	CONSTRAINT contract_party_share_is_a_part CHECK (share > 0 AND share <= 100),
	CONSTRAINT contract_party_who_supplies_or_lends_has_a_share CHECK ((share IS NULL) = (role IN ('buyer', 'verifier'))),
	CONSTRAINT contract_party_organisation_id_refers FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
-- next
CREATE INDEX contract_party_of ON contract_party (organisation_id, contract_id);
-- next
CREATE UNIQUE INDEX one_buyer_in_a_contract ON contract_party (authority_id, contract_id) WHERE role = 'buyer';
-- next
CREATE TABLE contract_proposal (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT contract_proposal_id_is_identifier CHECK (id ~ '^proposal_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	wording INTEGER NOT NULL,
	state TEXT NOT NULL,
	side TEXT NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	proposed_by TEXT COLLATE "C" NOT NULL,
	answers TEXT COLLATE "C",
	reason JSON NOT NULL,
	base_digest TEXT COLLATE "C" NOT NULL,
	values JSON NOT NULL,
	terms JSON NOT NULL,
	terms_digest TEXT COLLATE "C" NOT NULL,
	proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	ended_by TEXT COLLATE "C",
	ended_reason JSON,
	CONSTRAINT contract_proposal_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT contract_proposal_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT contract_proposal_authority_id_answers_refers FOREIGN KEY(authority_id, answers) REFERENCES contract_proposal (authority_id, id),
	CONSTRAINT contract_proposal_state_is_known CHECK (state IN ('proposed', 'accepted', 'answered', 'rejected', 'withdrawn')),
	CONSTRAINT contract_proposal_side_is_known CHECK (side IN ('authority', 'supplier')),
	CONSTRAINT contract_proposal_version_is_positive CHECK (version > 0),
	CONSTRAINT contract_proposal_the_first_wording_is_no_proposal CHECK (wording > 1),
	CONSTRAINT contract_proposal_proposes_something CHECK (terms_digest <> base_digest),
	CONSTRAINT contract_proposal_digest_is_of_the_terms CHECK (terms_digest = encode(sha256(convert_to(terms::text, 'UTF8')), 'hex')),
	CONSTRAINT contract_proposal_end_is_dated_and_reasoned CHECK ((state = 'proposed') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL) AND (state IN ('rejected', 'withdrawn')) = (ended_reason IS NOT NULL)),
	CONSTRAINT contract_proposal_the_other_side_replies CHECK (state = 'withdrawn' OR ended_by <> proposed_by),
	CONSTRAINT contract_proposal_organisation_id_refers FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
-- next
CREATE UNIQUE INDEX one_proposal_for_a_draft_is_open ON contract_proposal (authority_id, contract_id) WHERE state = 'proposed';
-- next
CREATE UNIQUE INDEX one_proposal_makes_a_wording ON contract_proposal (authority_id, contract_id, wording) WHERE state = 'accepted';
-- next
CREATE INDEX proposal_of_contract ON contract_proposal (authority_id, contract_id, id);
-- next
CREATE TABLE disclosure (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT disclosure_id_is_identifier CHECK (id ~ '^disclosure_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	supplier_id TEXT COLLATE "C" NOT NULL,
	lender_id TEXT COLLATE "C" NOT NULL,
	scopes TEXT[] NOT NULL,
	until_at TIMESTAMP WITH TIME ZONE NOT NULL,
	given_by TEXT COLLATE "C" NOT NULL,
	given_at TIMESTAMP WITH TIME ZONE NOT NULL,
	revoked_by TEXT COLLATE "C",
	revoked_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT disclosure_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT disclosure_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT disclosure_state_is_the_last_step CHECK (state = CASE WHEN revoked_at IS NULL THEN 'given' ELSE 'revoked' END),
	CONSTRAINT disclosure_scopes_are_known CHECK (scopes <@ ARRAY['payments', 'calculations', 'milestones', 'observations'] AND cardinality(scopes) > 0),
	CONSTRAINT disclosure_a_consent_lasts CHECK (until_at > given_at),
	CONSTRAINT disclosure_revoked_by_whom_and_when CHECK ((revoked_by IS NULL) = (revoked_at IS NULL)),
	CONSTRAINT disclosure_supplier_id_refers FOREIGN KEY(supplier_id) REFERENCES organisation (id),
	CONSTRAINT disclosure_lender_id_refers FOREIGN KEY(lender_id) REFERENCES organisation (id)
);
-- next
CREATE INDEX disclosure_of_contract ON disclosure (authority_id, contract_id, lender_id);
-- next
CREATE TABLE document (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT document_id_is_identifier CHECK (id ~ '^document_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	name TEXT NOT NULL,
	media_type TEXT NOT NULL,
	bytes BIGINT NOT NULL,
	sha256 TEXT COLLATE "C" NOT NULL,
	filed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT document_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT document_authority_id_id_contract_id_is_unique UNIQUE (authority_id, id, contract_id),
	CONSTRAINT document_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT document_media_type_is_known CHECK (media_type IN ('application/pdf', 'text/plain', 'text/csv', 'application/json', 'application/geo+json', 'application/xml', 'image/png', 'image/jpeg', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'application/vnd.openxmlformats-officedocument.presentationml.presentation', 'application/vnd.oasis.opendocument.text', 'application/vnd.oasis.opendocument.spreadsheet', 'application/vnd.oasis.opendocument.presentation', 'application/vnd.etsi.asic-e+zip', 'application/vnd.etsi.asic-s+zip', 'application/zip')),
	CONSTRAINT document_sha256_is_a_digest CHECK (sha256 ~ '^[0-9a-f]{64}$'),
	CONSTRAINT document_is_not_empty CHECK (bytes > 0),
	CONSTRAINT document_organisation_id_refers FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
-- next
CREATE INDEX document_by_digest ON document (sha256);
-- next
CREATE INDEX document_of_contract ON document (authority_id, contract_id, id);
-- next
CREATE TABLE facility (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT facility_id_is_identifier CHECK (id ~ '^facility_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	award_id TEXT COLLATE "C",
	lender_id TEXT COLLATE "C" NOT NULL,
	borrower_id TEXT COLLATE "C" NOT NULL,
	terms JSON NOT NULL,
	amount NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	offered_by TEXT COLLATE "C" NOT NULL,
	offered_at TIMESTAMP WITH TIME ZONE NOT NULL,
	agreed_by TEXT COLLATE "C",
	agreed_at TIMESTAMP WITH TIME ZONE,
	refused_by TEXT COLLATE "C",
	refused_at TIMESTAMP WITH TIME ZONE,
	refused_reason JSON,
	closed_by TEXT COLLATE "C",
	closed_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT facility_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT an_award_has_one_facility UNIQUE (authority_id, award_id),
	CONSTRAINT facility_is_of_its_contract UNIQUE (authority_id, id, contract_id),
	CONSTRAINT facility_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT facility_authority_id_award_id_refers FOREIGN KEY(authority_id, award_id) REFERENCES award (authority_id, id),
	CONSTRAINT facility_state_is_known CHECK (state IN ('offered', 'agreed', 'refused', 'closed')),
	CONSTRAINT facility_amount_is_positive CHECK (amount > 0 AND amount < 1e20),
	CONSTRAINT facility_amount_is_no_finer_than_coins CHECK (amount = round(amount, currency_places(currency))),
	CONSTRAINT facility_amount_is_of_the_terms CHECK ((terms->'amount'->>'amount')::numeric = amount AND terms->'amount'->>'currency' = currency),
	CONSTRAINT facility_nobody_lends_to_itself CHECK (borrower_id <> lender_id),
	CONSTRAINT facility_nobody_agrees_to_an_own_offer CHECK (agreed_by <> offered_by),
	CONSTRAINT facility_agreement_is_dated CHECK (agreed_by IS NULL OR agreed_at IS NOT NULL),
	CONSTRAINT facility_who_agrees_is_named CHECK (award_id IS NOT NULL OR (agreed_by IS NULL) = (agreed_at IS NULL)),
	CONSTRAINT facility_refused_by_whom_and_when CHECK ((refused_by IS NULL) = (refused_at IS NULL)),
	CONSTRAINT facility_closed_by_whom_and_when CHECK ((closed_by IS NULL) = (closed_at IS NULL)),
	CONSTRAINT facility_state_is_the_last_step CHECK (state = CASE WHEN closed_at IS NOT NULL THEN 'closed' WHEN refused_at IS NOT NULL THEN 'refused' WHEN agreed_at IS NOT NULL THEN 'agreed' ELSE 'offered' END),
	CONSTRAINT facility_lender_id_refers FOREIGN KEY(lender_id) REFERENCES organisation (id),
	CONSTRAINT facility_borrower_id_refers FOREIGN KEY(borrower_id) REFERENCES organisation (id)
);
-- next
CREATE INDEX facility_newest_first ON facility (id);
-- next
CREATE INDEX facility_of_contract ON facility (authority_id, contract_id);
-- next
CREATE TABLE finding (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT finding_id_is_identifier CHECK (id ~ '^finding_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	object_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	title JSON NOT NULL,
	text JSON NOT NULL,
	reply_by TIMESTAMP WITH TIME ZONE NOT NULL,
	written_by TEXT COLLATE "C" NOT NULL,
	written_at TIMESTAMP WITH TIME ZONE NOT NULL,
	outcome TEXT,
	reasons JSON,
	concluded_by TEXT COLLATE "C",
	concluded_at TIMESTAMP WITH TIME ZONE,
	follow_up_on DATE,
	is_remedied BOOLEAN,
	follow_up JSON,
	followed_up_by TEXT COLLATE "C",
	followed_up_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT finding_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT finding_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT finding_state_is_known CHECK (state IN ('open', 'concluded', 'followed_up')),
	CONSTRAINT finding_outcome_is_known CHECK (outcome IN ('upheld', 'settled', 'withdrawn')),
	CONSTRAINT finding_there_is_time_to_reply CHECK (reply_by > written_at),
	CONSTRAINT finding_a_conclusion_is_whole CHECK (num_nonnulls(outcome, reasons, concluded_by, concluded_at) = CASE state WHEN 'open' THEN 0 ELSE 4 END),
	CONSTRAINT finding_a_follow_up_is_whole CHECK (num_nonnulls(is_remedied, follow_up, followed_up_by, followed_up_at) = CASE state WHEN 'followed_up' THEN 4 ELSE 0 END),
	CONSTRAINT finding_what_is_upheld_is_followed_up CHECK (follow_up_on IS NULL OR (outcome = 'upheld') IS TRUE),
	CONSTRAINT finding_follow_up_comes_on_its_day CHECK (followed_up_at IS NULL OR (timezone('UTC', followed_up_at)::date >= follow_up_on) IS TRUE)
);
-- next
CREATE INDEX finding_newest_first ON finding (id);
-- next
CREATE INDEX finding_of ON finding (authority_id, contract_id, id);
-- next
CREATE TABLE metric (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT metric_id_is_identifier CHECK (id ~ '^metric_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	code TEXT COLLATE "C" NOT NULL,
	title JSON NOT NULL,
	definition JSON NOT NULL,
	unit JSON NOT NULL,
	direction TEXT NOT NULL,
	frequency TEXT NOT NULL,
	granularity TEXT NOT NULL,
	observed JSON,
	source JSON NOT NULL,
	method JSON NOT NULL,
	verification JSON NOT NULL,
	baseline NUMERIC,
	target NUMERIC NOT NULL,
	CONSTRAINT metric_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT metric_authority_id_contract_id_code_is_unique UNIQUE (authority_id, contract_id, code),
	CONSTRAINT metric_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT metric_direction_is_known CHECK (direction IN ('higher', 'lower')),
	CONSTRAINT metric_frequency_is_known CHECK (frequency IN ('month', 'quarter', 'half_year', 'year')),
	CONSTRAINT metric_granularity_is_known CHECK (granularity IN ('hour', 'day', 'month', 'quarter', 'half_year', 'year'))
);
-- next
CREATE TABLE milestone (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT milestone_id_is_identifier CHECK (id ~ '^milestone_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	code TEXT COLLATE "C" NOT NULL,
	kind TEXT NOT NULL,
	title JSON NOT NULL,
	state TEXT NOT NULL,
	round INTEGER NOT NULL,
	profile_id TEXT COLLATE "C" NOT NULL,
	time_zone TEXT NOT NULL,
	starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
	due_at TIMESTAMP WITH TIME ZONE NOT NULL,
	evidence_asked JSON NOT NULL,
	acceptance_days INTEGER NOT NULL,
	metrics JSON NOT NULL,
	after JSON NOT NULL,
	early BOOLEAN NOT NULL,
	verification_asked BOOLEAN NOT NULL,
	verification TEXT,
	delivered_at TIMESTAMP WITH TIME ZONE,
	submitted_at TIMESTAMP WITH TIME ZONE,
	submitted_by TEXT COLLATE "C",
	declaration JSON,
	evidence JSON NOT NULL,
	lateness JSON,
	judge_by TIMESTAMP WITH TIME ZONE,
	deemed_at TIMESTAMP WITH TIME ZONE,
	deemed_after JSON,
	accepted_at TIMESTAMP WITH TIME ZONE,
	accepted_share NUMERIC NOT NULL,
	accepted_deliverables JSON NOT NULL,
	accepted_delivery_at TIMESTAMP WITH TIME ZONE,
	rejected_at TIMESTAMP WITH TIME ZONE,
	reasons JSON,
	remedy JSON,
	findings JSON NOT NULL,
	CONSTRAINT milestone_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT milestone_authority_id_contract_id_code_is_unique UNIQUE (authority_id, contract_id, code),
	CONSTRAINT milestone_authority_id_contract_id_id_is_unique UNIQUE (authority_id, contract_id, id),
	CONSTRAINT milestone_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT milestone_version_is_positive CHECK (version > 0),
	CONSTRAINT milestone_kind_is_known CHECK (kind IN ('delivery', 'operation', 'outcome', 'reporting', 'financing')),
	CONSTRAINT milestone_state_is_known CHECK (state IN ('planned', 'submitted', 'partly_accepted', 'accepted', 'rejected', 'cancelled')),
	CONSTRAINT milestone_rounds_are_counted CHECK (state = 'cancelled' OR (state = 'planned') = (round = 0)),
	CONSTRAINT milestone_acceptance_is_of_all CHECK ((state = 'accepted') = (accepted_share = 1)),
	CONSTRAINT milestone_accepted_share_is_a_part CHECK (accepted_share BETWEEN 0 AND 1),
	CONSTRAINT milestone_what_is_accepted_was_delivered CHECK ((accepted_share = 0) = (accepted_delivery_at IS NULL)),
	CONSTRAINT milestone_a_part_is_accepted CHECK (state <> 'partly_accepted' OR accepted_share > 0),
	CONSTRAINT milestone_a_submission_is_dated CHECK (state = 'cancelled' OR (state = 'planned') = (submitted_at IS NULL)),
	CONSTRAINT milestone_a_submission_is_whole CHECK ((submitted_at IS NULL) = (delivered_at IS NULL) AND (submitted_at IS NULL) = (submitted_by IS NULL) AND (submitted_at IS NULL) = (declaration IS NULL)),
	CONSTRAINT milestone_acceptance_is_dated CHECK ((state = 'accepted') = (accepted_at IS NOT NULL)),
	CONSTRAINT milestone_rejection_is_dated CHECK (state = 'cancelled' OR (state = 'rejected') = (rejected_at IS NOT NULL)),
	CONSTRAINT milestone_a_rejection_says_why CHECK ((state = 'cancelled' OR (state IN ('rejected', 'partly_accepted')) = (reasons IS NOT NULL)) AND (reasons IS NULL) = (remedy IS NULL)),
	CONSTRAINT milestone_delivery_comes_before_submission CHECK (delivered_at <= submitted_at),
	CONSTRAINT milestone_the_contract_comes_before_delivery CHECK (starts_at <= delivered_at),
	CONSTRAINT milestone_submission_comes_before_acceptance CHECK (submitted_at <= accepted_at),
	CONSTRAINT milestone_verification_is_known CHECK (verification IN ('confirmed', 'refused')),
	CONSTRAINT milestone_verifies_what_is_asked CHECK (verification IS NULL OR (verification_asked AND round > 0)),
	CONSTRAINT milestone_silence_has_its_rule CHECK ((deemed_at IS NULL) = (deemed_after IS NULL)),
	CONSTRAINT milestone_waits_or_is_judged CHECK ((state = 'submitted') = (judge_by IS NOT NULL))
);
-- next
CREATE INDEX milestone_by_date ON milestone (due_at, id);
-- next
CREATE INDEX milestone_newest_first ON milestone (id);
-- next
CREATE INDEX milestone_of_contract ON milestone (contract_id, id);
-- next
CREATE INDEX milestone_waits_for_judgement ON milestone (deemed_at) WHERE state = 'submitted' AND deemed_at IS NOT NULL;
-- next
CREATE TABLE payee_total (
	authority_id INTEGER NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	payee_id TEXT COLLATE "C" NOT NULL,
	earned NUMERIC,
	owed NUMERIC NOT NULL,
	CONSTRAINT payee_total_pkey PRIMARY KEY (authority_id, contract_id, payee_id),
	CONSTRAINT payee_total_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT payee_total_owed_is_not_negative CHECK (owed >= 0),
	CONSTRAINT payee_total_payee_id_refers FOREIGN KEY(payee_id) REFERENCES organisation (id)
);
-- next
CREATE TABLE payment_total (
	authority_id INTEGER NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	value NUMERIC NOT NULL,
	owed NUMERIC NOT NULL,
	CONSTRAINT payment_total_pkey PRIMARY KEY (authority_id, contract_id),
	CONSTRAINT payment_total_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT payment_total_no_more_is_owed_than_the_contract_says CHECK (owed >= 0 AND owed <= value)
);
-- next
CREATE TABLE release_day (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT release_day_id_is_identifier CHECK (id ~ '^release_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	contract_id TEXT COLLATE "C" NOT NULL,
	released_on DATE NOT NULL,
	state TEXT NOT NULL,
	CONSTRAINT release_day_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT a_day_of_a_contract_is_one UNIQUE (authority_id, contract_id, released_on),
	CONSTRAINT release_day_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT release_day_state_is_known CHECK (state IN ('ahead', 'calculated', 'dropped'))
);
-- next
CREATE INDEX release_day_ahead ON release_day (released_on, id) WHERE state = 'ahead';
-- next
CREATE TABLE right_to_end (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT right_to_end_id_is_identifier CHECK (id ~ '^right_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	source TEXT NOT NULL,
	rule TEXT COLLATE "C" NOT NULL,
	holder TEXT NOT NULL,
	starts_on DATE NOT NULL,
	ends_on DATE NOT NULL,
	observations JSON NOT NULL,
	calculation_id TEXT COLLATE "C" NOT NULL,
	arose_at TIMESTAMP WITH TIME ZONE NOT NULL,
	lapsed_at TIMESTAMP WITH TIME ZONE,
	lapsed_with TEXT COLLATE "C",
	CONSTRAINT right_to_end_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT right_to_end_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT right_to_end_source_is_known CHECK (source IN ('payment_rule', 'termination')),
	CONSTRAINT right_to_end_holder_is_known CHECK (holder IN ('authority', 'supplier', 'either')),
	CONSTRAINT right_to_end_state_is_the_last_step CHECK ((lapsed_at IS NULL) = (lapsed_with IS NULL) AND state = CASE WHEN lapsed_at IS NULL THEN 'standing' ELSE 'lapsed' END),
	CONSTRAINT right_to_end_period_holds_a_day CHECK (starts_on < ends_on)
);
-- next
CREATE UNIQUE INDEX a_right_stands_once ON right_to_end (authority_id, contract_id, source, rule) WHERE state = 'standing';
-- next
CREATE INDEX right_of_contract ON right_to_end (authority_id, contract_id, id);
-- next
CREATE TABLE shortfall (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT shortfall_id_is_identifier CHECK (id ~ '^shortfall_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	programme_id TEXT COLLATE "C" NOT NULL,
	amount NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	arose_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT shortfall_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT shortfall_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT shortfall_authority_id_programme_id_refers FOREIGN KEY(authority_id, programme_id) REFERENCES programme (authority_id, id),
	CONSTRAINT shortfall_state_is_known CHECK (state IN ('waiting', 'covered', 'lapsed')),
	CONSTRAINT shortfall_amount_is_positive CHECK (amount > 0 AND amount < 1e20),
	CONSTRAINT shortfall_amount_is_no_finer_than_coins CHECK (amount = round(amount, currency_places(currency))),
	CONSTRAINT shortfall_state_is_the_last_step CHECK ((state = 'waiting') = (ended_at IS NULL))
);
-- next
CREATE UNIQUE INDEX a_contract_waits_for_one_amount ON shortfall (authority_id, contract_id) WHERE state = 'waiting';
-- next
CREATE INDEX shortfall_waiting ON shortfall (contract_id) WHERE state = 'waiting';
-- next
CREATE TABLE assignment (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT assignment_id_is_identifier CHECK (id ~ '^assignment_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	facility_id TEXT COLLATE "C" NOT NULL,
	assignor_id TEXT COLLATE "C" NOT NULL,
	assignee_id TEXT COLLATE "C" NOT NULL,
	notified_by TEXT COLLATE "C" NOT NULL,
	notified_at TIMESTAMP WITH TIME ZONE NOT NULL,
	acknowledged_by TEXT COLLATE "C",
	acknowledged_at TIMESTAMP WITH TIME ZONE,
	ended_by TEXT COLLATE "C",
	ended_at TIMESTAMP WITH TIME ZONE,
	reason JSON,
	CONSTRAINT assignment_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT assignment_secures_a_facility_of_its_contract FOREIGN KEY(authority_id, facility_id, contract_id) REFERENCES facility (authority_id, id, contract_id),
	CONSTRAINT assignment_state_is_known CHECK (state IN ('notified', 'acknowledged', 'refused', 'released')),
	CONSTRAINT assignment_acknowledged_by_whom_and_when CHECK ((acknowledged_by IS NULL) = (acknowledged_at IS NULL)),
	CONSTRAINT assignment_ended_by_whom_and_when CHECK ((ended_by IS NULL) = (ended_at IS NULL)),
	CONSTRAINT assignment_an_end_has_a_reason CHECK ((ended_at IS NULL) = (reason IS NULL)),
	CONSTRAINT assignment_state_is_the_last_step CHECK (state = CASE WHEN ended_at IS NULL AND acknowledged_at IS NULL THEN 'notified' WHEN ended_at IS NULL THEN 'acknowledged' WHEN state = 'refused' AND acknowledged_at IS NULL THEN 'refused' ELSE 'released' END),
	CONSTRAINT assignment_nobody_acknowledges_an_own_notice CHECK (acknowledged_by <> notified_by),
	CONSTRAINT assignment_assignor_id_refers FOREIGN KEY(assignor_id) REFERENCES organisation (id),
	CONSTRAINT assignment_assignee_id_refers FOREIGN KEY(assignee_id) REFERENCES organisation (id)
);
-- next
CREATE INDEX assignment_of_contract ON assignment (authority_id, contract_id, id);
-- next
CREATE UNIQUE INDEX claims_are_assigned_once ON assignment (authority_id, contract_id, assignor_id) WHERE state IN ('notified', 'acknowledged');
-- next
CREATE TABLE calculation_dispute (
	authority_id INTEGER NOT NULL,
	calculation_id TEXT COLLATE "C" NOT NULL,
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	amount NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	opened_by TEXT COLLATE "C" NOT NULL,
	opened_for TEXT COLLATE "C" NOT NULL,
	CONSTRAINT calculation_dispute_pkey PRIMARY KEY (authority_id, calculation_id, opened_at),
	CONSTRAINT a_calculation_of_its_contract_is_disputed FOREIGN KEY(authority_id, contract_id, calculation_id) REFERENCES calculation (authority_id, contract_id, id),
	CONSTRAINT calculation_dispute_amount_is_positive CHECK (amount > 0 AND amount < 1e20)
);
-- next
CREATE TABLE contract_change_signature (
	authority_id INTEGER NOT NULL,
	change_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	person_id TEXT COLLATE "C" NOT NULL,
	digest TEXT COLLATE "C" NOT NULL,
	signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	own_key JSON,
	CONSTRAINT contract_change_signature_pkey PRIMARY KEY (authority_id, change_id, organisation_id),
	CONSTRAINT nobody_signs_a_change_twice UNIQUE (authority_id, change_id, person_id),
	CONSTRAINT contract_change_signature_own_key_can_be_checked CHECK (own_key IS NULL OR (own_key->>'jws' ~ '^[0-9A-Za-z_-]+[.][.][0-9A-Za-z_-]+$' AND own_key->>'thumbprint' IS NOT NULL AND own_key->'key'->>'kty' IN ('EC', 'RSA', 'OKP') AND own_key->'key'->>'d' IS NULL) IS TRUE),
	CONSTRAINT contract_change_signature_authority_id_change_id_refers FOREIGN KEY(authority_id, change_id) REFERENCES contract_change (authority_id, id),
	CONSTRAINT contract_change_signature_organisation_id_refers FOREIGN KEY(organisation_id) REFERENCES organisation (id),
	CONSTRAINT contract_change_signature_person_id_refers FOREIGN KEY(person_id) REFERENCES person (id)
);
-- next
CREATE TABLE contract_departure (
	authority_id INTEGER NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	change_id TEXT COLLATE "C" NOT NULL,
	edition INTEGER NOT NULL,
	CONSTRAINT contract_departure_pkey PRIMARY KEY (authority_id, contract_id, organisation_id),
	CONSTRAINT contract_departure_authority_id_contract_id_organisatio_c482 FOREIGN KEY(authority_id, contract_id, organisation_id) REFERENCES contract_party (authority_id, contract_id, organisation_id),
	CONSTRAINT contract_departure_authority_id_change_id_refers FOREIGN KEY(authority_id, change_id) REFERENCES contract_change (authority_id, id)
);
-- next
CREATE TABLE contract_signature (
	authority_id INTEGER NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	person_id TEXT COLLATE "C" NOT NULL,
	digest TEXT COLLATE "C" NOT NULL,
	signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	own_key JSON,
	wording INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT contract_signature_pkey PRIMARY KEY (authority_id, contract_id, organisation_id, wording),
	CONSTRAINT nobody_signs_for_two UNIQUE (authority_id, contract_id, person_id, wording),
	CONSTRAINT contract_signature_own_key_can_be_checked CHECK (own_key IS NULL OR (own_key->>'jws' ~ '^[0-9A-Za-z_-]+[.][.][0-9A-Za-z_-]+$' AND own_key->>'thumbprint' IS NOT NULL AND own_key->'key'->>'kty' IN ('EC', 'RSA', 'OKP') AND own_key->'key'->>'d' IS NULL) IS TRUE),
	CONSTRAINT contract_signature_authority_id_contract_id_organisatio_c782 FOREIGN KEY(authority_id, contract_id, organisation_id) REFERENCES contract_party (authority_id, contract_id, organisation_id),
	CONSTRAINT contract_signature_person_id_refers FOREIGN KEY(person_id) REFERENCES person (id)
);
-- next
CREATE TABLE contract_turn (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT contract_turn_id_is_identifier CHECK (id ~ '^turn_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	kind TEXT NOT NULL,
	state TEXT NOT NULL,
	side TEXT NOT NULL,
	approved_by_side TEXT NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	proposed_by TEXT COLLATE "C" NOT NULL,
	ground TEXT COLLATE "C",
	by_agreement BOOLEAN NOT NULL,
	reason JSON NOT NULL,
	proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	reply_by TIMESTAMP WITH TIME ZONE,
	reply JSON,
	replied_by TEXT COLLATE "C",
	replied_at TIMESTAMP WITH TIME ZONE,
	ended_at TIMESTAMP WITH TIME ZONE,
	ended_by TEXT COLLATE "C",
	moved_days INTEGER,
	ordinal INTEGER,
	right_id TEXT COLLATE "C",
	CONSTRAINT contract_turn_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT contract_turn_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT contract_turn_authority_id_right_id_refers FOREIGN KEY(authority_id, right_id) REFERENCES right_to_end (authority_id, id),
	CONSTRAINT contract_turn_a_right_ends_the_contract CHECK (right_id IS NULL OR kind = 'termination'),
	CONSTRAINT contract_turn_kind_is_known CHECK (kind IN ('suspension', 'resumption', 'termination', 'completion')),
	CONSTRAINT contract_turn_state_is_known CHECK (state IN ('proposed', 'in_force', 'withdrawn')),
	CONSTRAINT contract_turn_side_is_known CHECK (side IN ('authority', 'supplier')),
	CONSTRAINT contract_turn_suppliers_only_end CHECK (side = 'authority' OR kind = 'termination'),
	CONSTRAINT contract_turn_has_its_ground CHECK ((kind IN ('suspension', 'termination')) = (ground IS NOT NULL)),
	CONSTRAINT contract_turn_end_is_dated CHECK ((state = 'proposed') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)),
	CONSTRAINT contract_turn_what_is_in_force_is_counted CHECK ((state = 'in_force') = (ordinal IS NOT NULL) AND (state = 'in_force') = (moved_days IS NOT NULL) AND moved_days >= 0),
	CONSTRAINT contract_turn_a_reply_is_dated CHECK ((reply IS NULL) = (replied_by IS NULL) AND (reply IS NULL) = (replied_at IS NULL)),
	CONSTRAINT contract_turn_the_other_side_was_heard CHECK (state <> 'in_force' OR reply_by IS NULL OR reply IS NOT NULL OR ended_at >= reply_by),
	CONSTRAINT contract_turn_nobody_approves_an_own_turn CHECK (state <> 'in_force' OR ended_by <> proposed_by),
	CONSTRAINT contract_turn_nobody_replies_to_oneself CHECK (replied_by <> proposed_by),
	CONSTRAINT contract_turn_organisation_id_refers FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
-- next
CREATE UNIQUE INDEX one_turn_is_taken_at_a_time ON contract_turn (authority_id, contract_id, ordinal) WHERE state = 'in_force';
-- next
CREATE UNIQUE INDEX one_turn_of_a_contract_is_open ON contract_turn (authority_id, contract_id) WHERE state = 'proposed';
-- next
CREATE INDEX turn_of_contract ON contract_turn (authority_id, contract_id, id);
-- next
CREATE TABLE deduction_notice (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT deduction_notice_id_is_identifier CHECK (id ~ '^deduction_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT COLLATE "C" NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	calculation_id TEXT COLLATE "C" NOT NULL,
	ordinal INTEGER NOT NULL,
	amount NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	lines JSON NOT NULL,
	parts JSON NOT NULL,
	announced_by TEXT COLLATE "C" NOT NULL,
	announced_at TIMESTAMP WITH TIME ZONE NOT NULL,
	reply_ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
	kept NUMERIC,
	reasons JSON,
	answers JSON,
	decided_by TEXT COLLATE "C",
	decided_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT deduction_notice_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT a_deduction_is_announced_once UNIQUE (authority_id, calculation_id),
	CONSTRAINT deduction_is_of_its_step FOREIGN KEY(authority_id, contract_id, ordinal, calculation_id) REFERENCES calculation (authority_id, contract_id, ordinal, id),
	CONSTRAINT deduction_notice_state_is_known CHECK (state IN ('announced', 'replied', 'decided', 'superseded')),
	CONSTRAINT deduction_notice_amount_is_positive CHECK (amount > 0 AND amount < 1e20),
	CONSTRAINT deduction_notice_what_is_kept_is_a_part CHECK (kept >= 0 AND kept <= amount),
	CONSTRAINT deduction_notice_kept_is_no_finer_than_coins CHECK (kept = round(kept, currency_places(currency))),
	CONSTRAINT deduction_notice_a_decision_has_reasons CHECK ((state = 'decided') = (kept IS NOT NULL AND reasons IS NOT NULL AND answers IS NOT NULL AND decided_by IS NOT NULL AND decided_at IS NOT NULL)),
	CONSTRAINT deduction_notice_nobody_decides_an_own_deduction CHECK (decided_by <> announced_by)
);
-- next
CREATE INDEX deduction_notice_of_contract ON deduction_notice (authority_id, contract_id, id);
-- next
CREATE TABLE document_expiry (
	authority_id INTEGER NOT NULL,
	document_id TEXT COLLATE "C" NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	sha256 TEXT COLLATE "C" NOT NULL,
	expired_at TIMESTAMP WITH TIME ZONE NOT NULL,
	erased_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT document_expiry_pkey PRIMARY KEY (authority_id, document_id),
	CONSTRAINT it_is_of_a_document_of_its_contract FOREIGN KEY(authority_id, document_id, contract_id) REFERENCES document (authority_id, id, contract_id),
	CONSTRAINT document_expiry_nothing_is_erased_before CHECK (erased_at >= expired_at)
);
-- next
CREATE INDEX document_expiry_left ON document_expiry (sha256) WHERE erased_at IS NULL;
-- next
CREATE TABLE drawdown (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT drawdown_id_is_identifier CHECK (id ~ '^drawdown_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	facility_id TEXT COLLATE "C" NOT NULL,
	part TEXT COLLATE "C",
	amount NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	presented JSON NOT NULL,
	requested_by TEXT COLLATE "C" NOT NULL,
	requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
	proofs JSON,
	approved_by TEXT COLLATE "C",
	approved_at TIMESTAMP WITH TIME ZONE,
	refused_by TEXT COLLATE "C",
	refused_at TIMESTAMP WITH TIME ZONE,
	refused_reason JSON,
	withdrawn_by TEXT COLLATE "C",
	withdrawn_at TIMESTAMP WITH TIME ZONE,
	disbursed_by TEXT COLLATE "C",
	disbursed_at TIMESTAMP WITH TIME ZONE,
	disbursed_on DATE,
	bank_reference TEXT COLLATE "C",
	kept NUMERIC,
	fees JSON,
	CONSTRAINT drawdown_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT drawdown_is_of_its_facility UNIQUE (authority_id, id, facility_id),
	CONSTRAINT a_transaction_disburses_once UNIQUE (authority_id, facility_id, bank_reference),
	CONSTRAINT drawdown_authority_id_facility_id_refers FOREIGN KEY(authority_id, facility_id) REFERENCES facility (authority_id, id),
	CONSTRAINT drawdown_state_is_known CHECK (state IN ('requested', 'approved', 'disbursed', 'refused', 'withdrawn')),
	CONSTRAINT drawdown_amount_is_positive CHECK (amount > 0 AND amount < 1e20),
	CONSTRAINT drawdown_amount_is_no_finer_than_coins CHECK (amount = round(amount, currency_places(currency))),
	CONSTRAINT drawdown_less_is_kept_than_is_drawn CHECK (kept >= 0 AND kept < amount),
	CONSTRAINT drawdown_approved_by_whom_and_when CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
	CONSTRAINT drawdown_refused_by_whom_and_when CHECK ((refused_by IS NULL) = (refused_at IS NULL)),
	CONSTRAINT drawdown_withdrawn_by_whom_and_when CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL)),
	CONSTRAINT drawdown_disbursed_by_whom_and_when CHECK ((disbursed_by IS NULL) = (disbursed_at IS NULL)),
	CONSTRAINT drawdown_what_is_approved_is_proved CHECK ((approved_at IS NULL) = (proofs IS NULL)),
	CONSTRAINT drawdown_disbursed_only_when_approved CHECK (disbursed_at IS NULL OR approved_at IS NOT NULL),
	CONSTRAINT drawdown_disbursement_is_the_banks CHECK ((disbursed_at IS NULL) = (disbursed_on IS NULL) AND (disbursed_at IS NULL) = (bank_reference IS NULL) AND (disbursed_at IS NULL) = (kept IS NULL) AND (disbursed_at IS NULL) = (fees IS NULL)),
	CONSTRAINT drawdown_state_is_the_last_step CHECK (state = CASE WHEN withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN refused_at IS NOT NULL THEN 'refused' WHEN disbursed_at IS NOT NULL THEN 'disbursed' WHEN approved_at IS NOT NULL THEN 'approved' ELSE 'requested' END),
	CONSTRAINT drawdown_nobody_approves_an_own_drawdown CHECK (approved_by <> requested_by),
	CONSTRAINT drawdown_nobody_disburses_an_own_approval CHECK (disbursed_by <> approved_by)
);
-- next
CREATE INDEX drawdown_of_facility ON drawdown (authority_id, facility_id, id);
-- next
CREATE TABLE excusal (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT excusal_id_is_identifier CHECK (id ~ '^excusal_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	metric_id TEXT COLLATE "C" NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	state TEXT NOT NULL,
	starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ground TEXT NOT NULL,
	reason JSON NOT NULL,
	asked_by TEXT COLLATE "C" NOT NULL,
	asked_hand TEXT COLLATE "C" NOT NULL,
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
	decided_by TEXT COLLATE "C",
	decided_hand TEXT COLLATE "C",
	decided_at TIMESTAMP WITH TIME ZONE,
	decision_reason JSON,
	CONSTRAINT excusal_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT excusal_authority_id_metric_id_refers FOREIGN KEY(authority_id, metric_id) REFERENCES metric (authority_id, id),
	CONSTRAINT who_decides_is_a_party FOREIGN KEY(authority_id, contract_id, decided_by) REFERENCES contract_party (authority_id, contract_id, organisation_id),
	CONSTRAINT excusal_state_is_known CHECK (state IN ('asked', 'granted', 'refused')),
	CONSTRAINT excusal_ground_is_known CHECK (ground IN ('force_majeure', 'authority_fault', 'planned_maintenance')),
	CONSTRAINT excusal_version_is_positive CHECK (version > 0),
	CONSTRAINT excusal_time_passes CHECK (starts_at < ends_at),
	CONSTRAINT excusal_what_is_decided_says_by_whom CHECK ((state = 'asked') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (decided_hand IS NULL)),
	CONSTRAINT excusal_nobody_excuses_itself CHECK (decided_by <> asked_by),
	CONSTRAINT excusal_no_hand_excuses_itself CHECK (decided_hand <> asked_hand)
);
-- next
CREATE INDEX excusal_of_metric ON excusal (authority_id, metric_id, id);
-- next
CREATE TABLE facility_total (
	authority_id INTEGER NOT NULL,
	facility_id TEXT COLLATE "C" NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	amount NUMERIC NOT NULL,
	reserved NUMERIC NOT NULL,
	CONSTRAINT facility_total_pkey PRIMARY KEY (authority_id, facility_id),
	CONSTRAINT facility_total_authority_id_facility_id_refers FOREIGN KEY(authority_id, facility_id) REFERENCES facility (authority_id, id),
	CONSTRAINT facility_total_no_more_is_drawn_than_the_facility_says CHECK (reserved >= 0 AND reserved <= amount)
);
-- next
CREATE TABLE finding_reply (
	authority_id INTEGER NOT NULL,
	finding_id TEXT COLLATE "C" NOT NULL,
	number INTEGER NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	text JSON NOT NULL,
	replied_by TEXT COLLATE "C" NOT NULL,
	replied_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT finding_reply_pkey PRIMARY KEY (authority_id, finding_id, number),
	CONSTRAINT finding_reply_authority_id_finding_id_refers FOREIGN KEY(authority_id, finding_id) REFERENCES finding (authority_id, id),
	CONSTRAINT finding_reply_number_is_in_its_bounds CHECK (number BETWEEN 1 AND 200)
);
-- next
CREATE TABLE milestone_reminder (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT milestone_reminder_id_is_identifier CHECK (id ~ '^reminder_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	contract_id TEXT COLLATE "C" NOT NULL,
	milestone_id TEXT COLLATE "C" NOT NULL,
	due_at TIMESTAMP WITH TIME ZONE NOT NULL,
	days_late INTEGER NOT NULL,
	remind_at TIMESTAMP WITH TIME ZONE NOT NULL,
	state TEXT NOT NULL,
	settled_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT milestone_reminder_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT milestone_reminder_authority_id_milestone_id_due_at_day_ac56 UNIQUE (authority_id, milestone_id, due_at, days_late),
	CONSTRAINT it_is_of_its_contract FOREIGN KEY(authority_id, contract_id, milestone_id) REFERENCES milestone (authority_id, contract_id, id),
	CONSTRAINT milestone_reminder_state_is_known CHECK (state IN ('pending', 'given', 'needless')),
	CONSTRAINT milestone_reminder_what_is_settled_is_dated CHECK ((state = 'pending') = (settled_at IS NULL)),
	CONSTRAINT milestone_reminder_no_reminder_is_early CHECK (settled_at >= remind_at)
);
-- next
CREATE INDEX milestone_reminder_ahead ON milestone_reminder (remind_at) WHERE state = 'pending';
-- next
CREATE INDEX milestone_reminder_newest_first ON milestone_reminder (id);
-- next
CREATE TABLE milestone_submission (
	authority_id INTEGER NOT NULL,
	milestone_id TEXT COLLATE "C" NOT NULL,
	round INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT milestone_submission_id_is_identifier CHECK (id ~ '^submission_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	delivered_at TIMESTAMP WITH TIME ZONE NOT NULL,
	submitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
	submitted_by TEXT COLLATE "C" NOT NULL,
	declaration JSON NOT NULL,
	evidence JSON NOT NULL,
	digest TEXT COLLATE "C" NOT NULL,
	CONSTRAINT milestone_submission_pkey PRIMARY KEY (authority_id, milestone_id, round),
	CONSTRAINT milestone_submission_authority_id_id_is_unique UNIQUE (authority_id, id),
	CONSTRAINT milestone_submission_authority_id_milestone_id_refers FOREIGN KEY(authority_id, milestone_id) REFERENCES milestone (authority_id, id),
	CONSTRAINT milestone_submission_delivery_comes_before_submission CHECK (delivered_at <= submitted_at),
	CONSTRAINT milestone_submission_digest_is_one CHECK (digest ~ '^[0-9a-f]{64}$'),
	CONSTRAINT milestone_submission_rounds_count_from_one CHECK (round > 0)
);
-- next
CREATE TABLE observation_batch (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT observation_batch_id_is_identifier CHECK (id ~ '^batch_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	metric_id TEXT COLLATE "C" NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	form TEXT NOT NULL,
	sha256 TEXT COLLATE "C" NOT NULL,
	rows INTEGER NOT NULL,
	reported INTEGER NOT NULL,
	unchanged INTEGER NOT NULL,
	refused INTEGER NOT NULL,
	first_observation_id TEXT COLLATE "C" NOT NULL CONSTRAINT observation_batch_first_observation_id_is_identifier CHECK (first_observation_id ~ '^observation_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	channel TEXT NOT NULL,
	reported_by TEXT COLLATE "C" NOT NULL,
	reported_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT observation_batch_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT observation_batch_authority_id_metric_id_refers FOREIGN KEY(authority_id, metric_id) REFERENCES metric (authority_id, id),
	CONSTRAINT observation_batch_form_is_known CHECK (form IN ('application/json', 'application/x-ndjson', 'text/csv')),
	CONSTRAINT observation_batch_sha256_is_a_digest CHECK (sha256 ~ '^[0-9a-f]{64}$'),
	CONSTRAINT observation_batch_channel_is_known CHECK (channel IN ('person', 'machine')),
	CONSTRAINT observation_batch_something_is_new CHECK (reported > 0 AND unchanged >= 0 AND refused >= 0),
	CONSTRAINT observation_batch_every_row_is_counted CHECK (rows = reported + unchanged + refused)
);
-- next
CREATE INDEX observation_batch_of_metric ON observation_batch (authority_id, metric_id, id);
-- next
CREATE TABLE redaction (
	authority_id INTEGER NOT NULL,
	document_id TEXT COLLATE "C" NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	ground TEXT NOT NULL,
	reason JSON NOT NULL,
	replacement_id TEXT COLLATE "C",
	redacted_by TEXT COLLATE "C" NOT NULL,
	redacted_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT redaction_pkey PRIMARY KEY (authority_id, document_id),
	CONSTRAINT redacts_a_document_of_its_contract FOREIGN KEY(authority_id, document_id, contract_id) REFERENCES document (authority_id, id, contract_id),
	CONSTRAINT is_replaced_in_its_contract FOREIGN KEY(authority_id, replacement_id, contract_id) REFERENCES document (authority_id, id, contract_id),
	CONSTRAINT redaction_ground_is_known CHECK (ground IN ('personal_data', 'trade_secret', 'security', 'legal_order')),
	CONSTRAINT redaction_nothing_replaces_itself CHECK (replacement_id <> document_id)
);
-- next
CREATE TABLE upload (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT upload_id_is_identifier CHECK (id ~ '^upload_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	state TEXT NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	name TEXT NOT NULL,
	media_type TEXT NOT NULL,
	bytes BIGINT NOT NULL,
	sha256 TEXT COLLATE "C" NOT NULL,
	document_id TEXT COLLATE "C",
	refusal TEXT,
	begun_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT upload_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT upload_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT upload_authority_id_document_id_refers FOREIGN KEY(authority_id, document_id) REFERENCES document (authority_id, id),
	CONSTRAINT upload_state_is_known CHECK (state IN ('open', 'complete', 'refused')),
	CONSTRAINT upload_what_is_complete_is_filed CHECK ((state = 'complete') = (document_id IS NOT NULL)),
	CONSTRAINT upload_a_refusal_has_its_reason CHECK ((state = 'refused') = (refusal IS NOT NULL)),
	CONSTRAINT upload_is_not_empty CHECK (bytes > 0),
	CONSTRAINT upload_sha256_is_a_digest CHECK (sha256 ~ '^[0-9a-f]{64}$')
);
-- next
CREATE TABLE deduction_reply (
	authority_id INTEGER NOT NULL,
	deduction_id TEXT COLLATE "C" NOT NULL,
	organisation_id TEXT COLLATE "C" NOT NULL,
	reply JSON NOT NULL,
	replied_by TEXT COLLATE "C" NOT NULL,
	replied_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT deduction_reply_pkey PRIMARY KEY (authority_id, deduction_id, organisation_id),
	CONSTRAINT deduction_reply_authority_id_deduction_id_refers FOREIGN KEY(authority_id, deduction_id) REFERENCES deduction_notice (authority_id, id),
	CONSTRAINT deduction_reply_organisation_id_refers FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
-- next
CREATE TABLE milestone_judgement (
	authority_id INTEGER NOT NULL,
	milestone_id TEXT COLLATE "C" NOT NULL,
	round INTEGER NOT NULL,
	outcome TEXT NOT NULL,
	judged_at TIMESTAMP WITH TIME ZONE NOT NULL,
	judged_by TEXT COLLATE "C" NOT NULL,
	is_deemed BOOLEAN NOT NULL,
	share NUMERIC NOT NULL,
	deliverables JSON NOT NULL,
	delivered_at TIMESTAMP WITH TIME ZONE,
	dispute JSON,
	reasons JSON,
	remedy JSON,
	findings JSON NOT NULL,
	CONSTRAINT milestone_judgement_pkey PRIMARY KEY (authority_id, milestone_id, round),
	CONSTRAINT milestone_judgement_authority_id_milestone_id_round_refers FOREIGN KEY(authority_id, milestone_id, round) REFERENCES milestone_submission (authority_id, milestone_id, round),
	CONSTRAINT milestone_judgement_outcome_is_known CHECK (outcome IN ('accepted', 'partly_accepted', 'rejected')),
	CONSTRAINT milestone_judgement_share_is_a_part CHECK (share BETWEEN 0 AND 1),
	CONSTRAINT milestone_judgement_what_is_accepted_was_delivered CHECK ((outcome = 'rejected') = (share = 0) AND (share = 0) = (delivered_at IS NULL)),
	CONSTRAINT milestone_judgement_whatever_is_not_accepted_is_explained CHECK ((outcome = 'accepted') = (reasons IS NULL) AND (reasons IS NULL) = (remedy IS NULL)),
	CONSTRAINT milestone_judgement_silence_rejects_nothing CHECK (NOT is_deemed OR outcome = 'accepted')
);
-- next
CREATE TABLE milestone_verification (
	authority_id INTEGER NOT NULL,
	milestone_id TEXT COLLATE "C" NOT NULL,
	round INTEGER NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	outcome TEXT NOT NULL,
	report JSON NOT NULL,
	reasons JSON NOT NULL,
	verified_by TEXT COLLATE "C" NOT NULL,
	verified_as TEXT GENERATED ALWAYS AS ('verifier') STORED,
	person_id TEXT COLLATE "C" NOT NULL,
	examined_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT milestone_verification_pkey PRIMARY KEY (authority_id, milestone_id, round),
	CONSTRAINT milestone_verification_authority_id_milestone_id_round_refers FOREIGN KEY(authority_id, milestone_id, round) REFERENCES milestone_submission (authority_id, milestone_id, round),
	CONSTRAINT it_is_of_its_contract FOREIGN KEY(authority_id, contract_id, milestone_id) REFERENCES milestone (authority_id, contract_id, id),
	CONSTRAINT who_examines_is_the_contracts_verifier FOREIGN KEY(authority_id, contract_id, verified_by, verified_as) REFERENCES contract_party (authority_id, contract_id, organisation_id, role),
	CONSTRAINT milestone_verification_outcome_is_known CHECK (outcome IN ('confirmed', 'refused'))
);
-- next
CREATE TABLE observation (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT observation_id_is_identifier CHECK (id ~ '^observation_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	metric_id TEXT COLLATE "C" NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	state TEXT NOT NULL,
	starts_on DATE NOT NULL,
	ends_on DATE NOT NULL,
	hour SMALLINT NOT NULL,
	value NUMERIC NOT NULL,
	numerator NUMERIC,
	denominator NUMERIC,
	source TEXT NOT NULL,
	method JSON,
	sample_size INTEGER,
	squares NUMERIC,
	invited INTEGER,
	interval JSON,
	channel TEXT NOT NULL,
	batch_id TEXT COLLATE "C",
	reported_by TEXT COLLATE "C" NOT NULL,
	reported_hand TEXT COLLATE "C" NOT NULL,
	reported_at TIMESTAMP WITH TIME ZONE NOT NULL,
	supersedes TEXT COLLATE "C",
	superseded_by TEXT COLLATE "C",
	verified_by TEXT COLLATE "C",
	verified_hand TEXT COLLATE "C",
	verified_as TEXT GENERATED ALWAYS AS (CASE WHEN verified_by IS NOT NULL THEN 'verifier' END) STORED,
	verified_at TIMESTAMP WITH TIME ZONE,
	verification_id TEXT COLLATE "C" CONSTRAINT observation_verification_id_is_identifier CHECK (verification_id ~ '^verification_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	disputed_by TEXT COLLATE "C",
	disputed_hand TEXT COLLATE "C",
	disputed_at TIMESTAMP WITH TIME ZONE,
	annulled_by TEXT COLLATE "C",
	annulled_hand TEXT COLLATE "C",
	annulled_at TIMESTAMP WITH TIME ZONE,
	reason JSON,
	CONSTRAINT observation_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT observation_authority_id_metric_id_refers FOREIGN KEY(authority_id, metric_id) REFERENCES metric (authority_id, id),
	CONSTRAINT observation_authority_id_batch_id_refers FOREIGN KEY(authority_id, batch_id) REFERENCES observation_batch (authority_id, id),
	CONSTRAINT observation_authority_id_supersedes_refers FOREIGN KEY(authority_id, supersedes) REFERENCES observation (authority_id, id),
	CONSTRAINT who_verifies_is_the_contracts_verifier FOREIGN KEY(authority_id, contract_id, verified_by, verified_as) REFERENCES contract_party (authority_id, contract_id, organisation_id, role),
	CONSTRAINT observation_state_is_known CHECK (state IN ('reported', 'verified', 'disputed', 'void')),
	CONSTRAINT observation_version_is_positive CHECK (version > 0),
	CONSTRAINT observation_channel_is_known CHECK (channel IN ('person', 'machine')),
	CONSTRAINT observation_period_holds_a_day CHECK (starts_on < ends_on),
	CONSTRAINT observation_hour_is_of_a_day CHECK (hour BETWEEN -1 AND 24),
	CONSTRAINT observation_an_hour_is_of_one_day CHECK (hour = -1 OR ends_on = starts_on + 1),
	CONSTRAINT observation_a_ratio_has_two_parts CHECK ((numerator IS NULL) = (denominator IS NULL) AND denominator >= 0),
	CONSTRAINT observation_a_sample_is_of_some CHECK (sample_size > 0),
	CONSTRAINT observation_no_more_answer_than_were_asked CHECK (invited >= sample_size),
	CONSTRAINT observation_nobody_verifies_its_own_report CHECK (verified_by <> reported_by),
	CONSTRAINT observation_nobody_disputes_its_own_report CHECK (disputed_by <> reported_by),
	CONSTRAINT observation_nobody_verifies_what_it_disputed CHECK (verified_by <> disputed_by),
	CONSTRAINT observation_nobody_annuls_its_own_report CHECK (annulled_by <> reported_by),
	CONSTRAINT observation_nobody_annuls_what_it_disputed CHECK (annulled_by <> disputed_by),
	CONSTRAINT observation_no_hand_verifies_its_own_report CHECK (verified_hand <> reported_hand),
	CONSTRAINT observation_no_hand_disputes_its_own_report CHECK (disputed_hand <> reported_hand),
	CONSTRAINT observation_no_hand_verifies_what_it_disputed CHECK (verified_hand <> disputed_hand),
	CONSTRAINT observation_no_hand_annuls_its_own_report CHECK (annulled_hand <> reported_hand),
	CONSTRAINT observation_no_hand_annuls_what_it_disputed CHECK (annulled_hand <> disputed_hand),
	CONSTRAINT observation_a_judgement_is_dated CHECK ((verified_by IS NULL) = (verified_at IS NULL) AND (disputed_by IS NULL) = (disputed_at IS NULL) AND (annulled_by IS NULL) = (annulled_at IS NULL)),
	CONSTRAINT observation_a_judgement_has_its_hand CHECK ((verified_by IS NULL) = (verified_hand IS NULL) AND (disputed_by IS NULL) = (disputed_hand IS NULL) AND (annulled_by IS NULL) = (annulled_hand IS NULL)),
	CONSTRAINT observation_who_verifies_many_is_known CHECK (verification_id IS NULL OR verified_by IS NOT NULL),
	CONSTRAINT observation_what_is_verified_has_a_verifier CHECK (state <> 'verified' OR verified_by IS NOT NULL),
	CONSTRAINT observation_what_is_disputed_has_a_disputer CHECK (state <> 'disputed' OR disputed_by IS NOT NULL),
	CONSTRAINT observation_nothing_corrects_itself CHECK (supersedes <> id AND superseded_by <> id)
);
-- next
CREATE INDEX observation_of_contract_verified ON observation (authority_id, contract_id) WHERE state = 'verified';
-- next
CREATE INDEX observation_of_metric ON observation (authority_id, metric_id, id);
-- next
CREATE UNIQUE INDEX one_correction_of_an_observation ON observation (authority_id, supersedes) WHERE supersedes IS NOT NULL;
-- next
CREATE UNIQUE INDEX one_report_for_a_place ON observation (authority_id, metric_id, starts_on, ends_on, hour, source) WHERE superseded_by IS NULL AND state <> 'void';
-- next
CREATE UNIQUE INDEX one_verified_for_a_period ON observation (authority_id, metric_id, starts_on, ends_on, hour) WHERE state = 'verified';
-- next
CREATE TABLE payment (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT payment_id_is_identifier CHECK (id ~ '^payment_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	kind TEXT COLLATE "C" DEFAULT 'outcome' NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	payee_id TEXT COLLATE "C" NOT NULL,
	amount NUMERIC NOT NULL,
	paid NUMERIC DEFAULT '0' NOT NULL,
	taken_back NUMERIC DEFAULT '0' NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	calculation_id TEXT COLLATE "C" NOT NULL,
	earned NUMERIC NOT NULL,
	owed_before NUMERIC NOT NULL,
	computed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	claimed_at TIMESTAMP WITH TIME ZONE,
	claimed_by TEXT COLLATE "C",
	due_on DATE,
	approved_at TIMESTAMP WITH TIME ZONE,
	approved_by TEXT COLLATE "C",
	rejected_at TIMESTAMP WITH TIME ZONE,
	rejected_by TEXT COLLATE "C",
	rejected_reason JSON,
	instructed_at TIMESTAMP WITH TIME ZONE,
	instructed_by TEXT COLLATE "C",
	paid_to_id TEXT COLLATE "C",
	assignment_id TEXT COLLATE "C",
	settled_at TIMESTAMP WITH TIME ZONE,
	settled_by TEXT COLLATE "C",
	settled_on DATE,
	bank_reference TEXT COLLATE "C",
	received_at TIMESTAMP WITH TIME ZONE,
	received_by TEXT COLLATE "C",
	returned_at TIMESTAMP WITH TIME ZONE,
	reversed_at TIMESTAMP WITH TIME ZONE,
	reversed_by TEXT COLLATE "C",
	CONSTRAINT payment_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT bank_reference_settles_once UNIQUE (authority_id, bank_reference),
	CONSTRAINT payment_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT payment_is_calculated FOREIGN KEY(authority_id, contract_id, kind, calculation_id) REFERENCES calculation (authority_id, contract_id, kind, id),
	CONSTRAINT payment_authority_id_assignment_id_refers FOREIGN KEY(authority_id, assignment_id) REFERENCES assignment (authority_id, id),
	CONSTRAINT payment_another_is_paid_where_it_is_assigned CHECK ((paid_to_id IS NULL) = (instructed_at IS NULL) AND (assignment_id IS NOT NULL OR paid_to_id IS NULL OR paid_to_id = payee_id)),
	CONSTRAINT payment_state_is_known CHECK (state IN ('computed', 'claimed', 'approved', 'instructed', 'settled', 'rejected', 'returned', 'reversed')),
	CONSTRAINT payment_amount_is_positive CHECK (amount > 0 AND amount < 1e20),
	CONSTRAINT payment_amount_is_no_finer_than_coins CHECK (amount = round(amount, currency_places(currency))),
	CONSTRAINT payment_amount_is_the_difference CHECK (amount = earned - owed_before),
	CONSTRAINT payment_what_is_settled_is_paid CHECK (paid >= 0 AND taken_back >= 0 AND paid + taken_back <= amount AND CASE WHEN state IN ('computed', 'claimed', 'rejected') THEN paid = 0 AND taken_back = 0 ELSE (state IN ('settled', 'reversed')) = (paid + taken_back = amount) END),
	CONSTRAINT payment_claimed_by_whom_and_when CHECK ((claimed_by IS NULL) = (claimed_at IS NULL)),
	CONSTRAINT payment_approved_by_whom_and_when CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
	CONSTRAINT payment_rejected_by_whom_and_when CHECK ((rejected_by IS NULL) = (rejected_at IS NULL)),
	CONSTRAINT payment_instructed_by_whom_and_when CHECK ((instructed_by IS NULL) = (instructed_at IS NULL)),
	CONSTRAINT payment_settled_by_whom_and_when CHECK ((settled_by IS NULL) = (settled_at IS NULL)),
	CONSTRAINT payment_received_by_whom_and_when CHECK ((received_by IS NULL) = (received_at IS NULL)),
	CONSTRAINT payment_reversed_by_whom_and_when CHECK ((reversed_by IS NULL) = (reversed_at IS NULL)),
	CONSTRAINT payment_approved_only_when_claimed CHECK (approved_at IS NULL OR claimed_at IS NOT NULL),
	CONSTRAINT payment_instructed_only_when_approved CHECK (instructed_at IS NULL OR approved_at IS NOT NULL),
	CONSTRAINT payment_settled_only_when_instructed CHECK (settled_at IS NULL OR instructed_at IS NOT NULL),
	CONSTRAINT payment_received_only_when_settled CHECK (received_at IS NULL OR settled_at IS NOT NULL),
	CONSTRAINT payment_state_is_the_last_step CHECK (state IN ('rejected', 'reversed') OR state = CASE WHEN settled_at IS NOT NULL THEN 'settled' WHEN instructed_at IS NOT NULL THEN 'instructed' WHEN returned_at IS NOT NULL THEN 'returned' WHEN approved_at IS NOT NULL THEN 'approved' WHEN claimed_at IS NOT NULL THEN 'claimed' ELSE 'computed' END),
	CONSTRAINT payment_nobody_approves_an_own_claim CHECK (approved_by <> claimed_by),
	CONSTRAINT payment_nobody_instructs_an_own_approval CHECK (instructed_by <> approved_by),
	CONSTRAINT payment_rejection_has_a_reason CHECK ((state = 'rejected') = (rejected_at IS NOT NULL AND rejected_reason IS NOT NULL)),
	CONSTRAINT payment_reversal_is_dated CHECK ((state = 'reversed') = (reversed_at IS NOT NULL)),
	CONSTRAINT payment_settlement_is_the_banks CHECK ((settled_at IS NULL) = (bank_reference IS NULL) AND (settled_at IS NULL) = (settled_on IS NULL)),
	CONSTRAINT payment_payee_id_refers FOREIGN KEY(payee_id) REFERENCES organisation (id),
	CONSTRAINT payment_paid_to_id_refers FOREIGN KEY(paid_to_id) REFERENCES organisation (id)
);
-- next
CREATE INDEX payment_of_contract ON payment (authority_id, contract_id, id);
-- next
CREATE INDEX payment_returned ON payment (authority_id, id) WHERE state = 'returned';
-- next
CREATE TABLE repayment_schedule (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT repayment_schedule_id_is_identifier CHECK (id ~ '^schedule_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	facility_id TEXT COLLATE "C" NOT NULL,
	drawdown_id TEXT COLLATE "C" NOT NULL,
	ordinal INTEGER NOT NULL,
	document JSON NOT NULL,
	repaid_before NUMERIC NOT NULL,
	reason JSON,
	made_by TEXT COLLATE "C" NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT repayment_schedule_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT schedule_follows_one UNIQUE (authority_id, drawdown_id, ordinal),
	CONSTRAINT schedule_is_of_its_drawdown FOREIGN KEY(authority_id, drawdown_id, facility_id) REFERENCES drawdown (authority_id, id, facility_id),
	CONSTRAINT repayment_schedule_ordinal_is_positive CHECK (ordinal > 0),
	CONSTRAINT repayment_schedule_restatement_has_a_reason CHECK ((ordinal = 1) = (reason IS NULL)),
	CONSTRAINT repayment_schedule_repaid_is_not_negative CHECK (repaid_before >= 0)
);
-- next
CREATE TABLE bank_order (
	authority_id INTEGER NOT NULL,
	file_id TEXT COLLATE "C" NOT NULL,
	payment_id TEXT COLLATE "C" NOT NULL,
	version INTEGER NOT NULL,
	amount NUMERIC NOT NULL,
	returned_at TIMESTAMP WITH TIME ZONE,
	told TEXT,
	CONSTRAINT bank_order_pkey PRIMARY KEY (authority_id, file_id, payment_id),
	CONSTRAINT a_payment_is_ordered_once UNIQUE (authority_id, payment_id, version),
	CONSTRAINT bank_order_authority_id_file_id_refers FOREIGN KEY(authority_id, file_id) REFERENCES bank_file (authority_id, id),
	CONSTRAINT bank_order_authority_id_payment_id_refers FOREIGN KEY(authority_id, payment_id) REFERENCES payment (authority_id, id)
);
-- next
CREATE TABLE payment_dispute (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT payment_dispute_id_is_identifier CHECK (id ~ '^dispute_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	contract_id TEXT COLLATE "C" NOT NULL,
	payee_id TEXT COLLATE "C" NOT NULL,
	disputed_id TEXT COLLATE "C" NOT NULL,
	held_id TEXT COLLATE "C" NOT NULL,
	rest_id TEXT COLLATE "C",
	amount NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	reason JSON NOT NULL,
	opened_by TEXT COLLATE "C" NOT NULL,
	opened_for TEXT COLLATE "C" NOT NULL,
	disputed_calculation_id TEXT COLLATE "C",
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
	proposed_payable NUMERIC,
	proposed_reason JSON,
	proposed_by TEXT COLLATE "C",
	proposed_hand TEXT COLLATE "C",
	proposed_at TIMESTAMP WITH TIME ZONE,
	payable NUMERIC,
	released_id TEXT COLLATE "C",
	agreed_by TEXT COLLATE "C",
	agreed_hand TEXT COLLATE "C",
	resolved_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT payment_dispute_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT payment_is_held_once UNIQUE (authority_id, held_id),
	CONSTRAINT payment_dispute_authority_id_contract_id_refers FOREIGN KEY(authority_id, contract_id) REFERENCES contract (authority_id, id),
	CONSTRAINT a_part_is_of_a_whole FOREIGN KEY(authority_id, disputed_calculation_id, opened_at) REFERENCES calculation_dispute (authority_id, calculation_id, opened_at) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT payment_dispute_authority_id_disputed_id_refers FOREIGN KEY(authority_id, disputed_id) REFERENCES payment (authority_id, id),
	CONSTRAINT payment_dispute_authority_id_held_id_refers FOREIGN KEY(authority_id, held_id) REFERENCES payment (authority_id, id),
	CONSTRAINT payment_dispute_authority_id_rest_id_refers FOREIGN KEY(authority_id, rest_id) REFERENCES payment (authority_id, id),
	CONSTRAINT payment_dispute_authority_id_released_id_refers FOREIGN KEY(authority_id, released_id) REFERENCES payment (authority_id, id),
	CONSTRAINT payment_dispute_state_is_known CHECK (state IN ('open', 'resolved')),
	CONSTRAINT payment_dispute_amount_is_positive CHECK (amount > 0 AND amount < 1e20),
	CONSTRAINT payment_dispute_proposal_is_a_part CHECK (proposed_payable >= 0 AND proposed_payable <= amount),
	CONSTRAINT payment_dispute_what_is_agreed_was_proposed CHECK (payable = proposed_payable),
	CONSTRAINT payment_dispute_proposal_says_by_whom CHECK ((proposed_by IS NULL) = (proposed_payable IS NULL) AND (proposed_by IS NULL) = (proposed_hand IS NULL) AND (proposed_by IS NULL) = (proposed_at IS NULL)),
	CONSTRAINT payment_dispute_resolution_says_by_whom CHECK ((state = 'resolved') = (payable IS NOT NULL) AND (state = 'resolved') = (agreed_by IS NOT NULL) AND (state = 'resolved') = (agreed_hand IS NOT NULL) AND (state = 'resolved') = (resolved_at IS NOT NULL)),
	CONSTRAINT payment_dispute_what_is_payable_is_paid CHECK (state = 'open' OR (released_id IS NULL) = (payable = 0)),
	CONSTRAINT payment_dispute_nobody_agrees_to_an_own_proposal CHECK (agreed_by <> proposed_by),
	CONSTRAINT payment_dispute_no_hand_agrees_to_an_own_proposal CHECK (agreed_hand <> proposed_hand),
	CONSTRAINT payment_dispute_nobody_opens_and_answers CHECK ((proposed_by = opened_for OR proposed_hand <> opened_by) AND (agreed_by = opened_for OR agreed_hand <> opened_by))
);
-- next
CREATE INDEX payment_dispute_of_contract ON payment_dispute (authority_id, contract_id, id);
-- next
CREATE TABLE payment_settlement (
	authority_id INTEGER NOT NULL,
	payment_id TEXT COLLATE "C" NOT NULL,
	version INTEGER NOT NULL,
	payee_id TEXT COLLATE "C" NOT NULL,
	paid_to_id TEXT COLLATE "C" NOT NULL,
	assignment_id TEXT COLLATE "C",
	bank_reference TEXT COLLATE "C" NOT NULL,
	settled_on DATE NOT NULL,
	amount NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	recorded_by TEXT COLLATE "C" NOT NULL,
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT payment_settlement_pkey PRIMARY KEY (authority_id, payment_id, version),
	CONSTRAINT payment_settlement_authority_id_payment_id_refers FOREIGN KEY(authority_id, payment_id) REFERENCES payment (authority_id, id),
	CONSTRAINT payment_settlement_authority_id_assignment_id_refers FOREIGN KEY(authority_id, assignment_id) REFERENCES assignment (authority_id, id),
	CONSTRAINT a_reference_settles_once_for_ever UNIQUE (authority_id, bank_reference),
	CONSTRAINT a_settlement_is_the_banks UNIQUE (authority_id, payment_id, version, bank_reference, settled_on, currency),
	CONSTRAINT a_settlement_has_its_amount UNIQUE (authority_id, payment_id, version, amount),
	CONSTRAINT payment_settlement_something_is_settled CHECK (amount > 0),
	CONSTRAINT payment_settlement_paid_to_id_refers FOREIGN KEY(paid_to_id) REFERENCES organisation (id)
);
-- next
CREATE TABLE bank_item (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT bank_item_id_is_identifier CHECK (id ~ '^bankitem_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	version INTEGER NOT NULL,
	report_id TEXT COLLATE "C" NOT NULL,
	ordinal INTEGER NOT NULL,
	outcome TEXT COLLATE "C" NOT NULL,
	reason TEXT COLLATE "C",
	payment_id TEXT COLLATE "C",
	file_id TEXT COLLATE "C",
	end_to_end_id TEXT,
	bank_reference TEXT,
	amount NUMERIC,
	currency TEXT COLLATE "C",
	direction TEXT COLLATE "C",
	booked_on DATE,
	is_return BOOLEAN NOT NULL,
	status TEXT,
	told TEXT,
	resolved_at TIMESTAMP WITH TIME ZONE,
	resolved_by TEXT COLLATE "C",
	note JSON,
	CONSTRAINT bank_item_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT bank_item_authority_id_report_id_refers FOREIGN KEY(authority_id, report_id) REFERENCES bank_report (authority_id, id),
	CONSTRAINT bank_item_authority_id_payment_id_refers FOREIGN KEY(authority_id, payment_id) REFERENCES payment (authority_id, id),
	CONSTRAINT an_item_answers_an_order_of_its_file FOREIGN KEY(authority_id, file_id, payment_id) REFERENCES bank_order (authority_id, file_id, payment_id),
	CONSTRAINT bank_item_a_file_orders_payments CHECK (file_id IS NULL OR payment_id IS NOT NULL),
	CONSTRAINT items_are_counted UNIQUE (authority_id, report_id, ordinal),
	CONSTRAINT bank_item_outcome_is_known CHECK (outcome IN ('settled', 'returned', 'given_back', 'repeated', 'noted', 'unmatched', 'resolved')),
	CONSTRAINT bank_item_reason_is_known CHECK (reason IN ('incoming', 'money_back', 'facility_closed', 'no_payment_named', 'payment_unknown', 'currency_differs', 'amount_differs', 'settled_otherwise', 'not_instructed', 'not_ordered', 'no_reference', 'reference_used', 'misdated')),
	CONSTRAINT bank_item_what_is_unmatched_has_a_reason CHECK ((outcome IN ('unmatched', 'resolved')) = (reason IS NOT NULL)),
	CONSTRAINT bank_item_what_is_resolved_has_a_note CHECK ((outcome = 'resolved') = (resolved_at IS NOT NULL AND resolved_by IS NOT NULL AND note IS NOT NULL)),
	CONSTRAINT bank_item_what_is_settled_is_a_payment CHECK (outcome NOT IN ('settled', 'returned', 'given_back') OR payment_id IS NOT NULL)
);
-- next
CREATE INDEX bank_item_by_outcome ON bank_item (authority_id, outcome, id);
-- next
CREATE INDEX bank_item_of_payment ON bank_item (authority_id, payment_id);
-- next
CREATE TABLE payment_return (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT payment_return_id_is_identifier CHECK (id ~ '^return_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	payment_id TEXT COLLATE "C" NOT NULL,
	version INTEGER NOT NULL,
	settled_version INTEGER NOT NULL,
	payee_id TEXT COLLATE "C" NOT NULL,
	report_id TEXT COLLATE "C" NOT NULL,
	amount NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	bank_reference TEXT COLLATE "C" NOT NULL,
	settled_on DATE NOT NULL,
	returned_reference TEXT COLLATE "C" NOT NULL,
	returned_on DATE NOT NULL,
	told TEXT,
	recorded_by TEXT COLLATE "C" NOT NULL,
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT payment_return_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT a_return_is_of_its_settlement FOREIGN KEY(authority_id, payment_id, settled_version, bank_reference, settled_on, currency) REFERENCES payment_settlement (authority_id, payment_id, version, bank_reference, settled_on, currency),
	CONSTRAINT payment_return_authority_id_report_id_refers FOREIGN KEY(authority_id, report_id) REFERENCES bank_report (authority_id, id),
	CONSTRAINT a_return_is_one_turn UNIQUE (authority_id, payment_id, version),
	CONSTRAINT a_return_has_its_amount UNIQUE (authority_id, payment_id, version, settled_version, amount),
	CONSTRAINT a_return_is_taken_once UNIQUE (authority_id, returned_reference),
	CONSTRAINT payment_return_money_comes_back_after_it_left CHECK (returned_on >= settled_on),
	CONSTRAINT payment_return_something_comes_back CHECK (amount > 0 AND amount = round(amount, currency_places(currency)))
);
-- next
CREATE TABLE repayment (
	authority_id INTEGER NOT NULL,
	id TEXT COLLATE "C" NOT NULL CONSTRAINT repayment_id_is_identifier CHECK (id ~ '^repayment_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}$'),
	facility_id TEXT COLLATE "C" NOT NULL,
	ordinal INTEGER NOT NULL,
	source TEXT NOT NULL,
	payment_id TEXT COLLATE "C",
	payment_version INTEGER,
	bank_reference TEXT COLLATE "C",
	amount NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	received_on DATE NOT NULL,
	surplus NUMERIC NOT NULL,
	document JSON NOT NULL,
	digest BYTEA NOT NULL,
	recorded_by TEXT COLLATE "C" NOT NULL,
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT repayment_pkey PRIMARY KEY (authority_id, id),
	CONSTRAINT repayments_follow UNIQUE (authority_id, facility_id, ordinal),
	CONSTRAINT a_settlement_repays_once UNIQUE (authority_id, payment_id, payment_version),
	CONSTRAINT a_repayment_is_of_a_settlement UNIQUE (authority_id, id, facility_id, payment_id, payment_version, currency),
	CONSTRAINT repayment_authority_id_facility_id_refers FOREIGN KEY(authority_id, facility_id) REFERENCES facility (authority_id, id),
	CONSTRAINT a_settlement_repays_by_its_amount FOREIGN KEY(authority_id, payment_id, payment_version, amount) REFERENCES payment_settlement (authority_id, payment_id, version, amount),
	CONSTRAINT repayment_source_is_known CHECK (source IN ('borrower', 'authority')),
	CONSTRAINT repayment_an_authority_pays_by_a_payment CHECK ((source = 'authority') = (payment_id IS NOT NULL) AND (payment_id IS NULL) = (payment_version IS NULL)),
	CONSTRAINT repayment_ordinal_is_positive CHECK (ordinal > 0),
	CONSTRAINT repayment_amount_is_positive CHECK (amount > 0 AND amount < 1e20),
	CONSTRAINT repayment_amount_is_no_finer_than_coins CHECK (amount = round(amount, currency_places(currency))),
	CONSTRAINT repayment_surplus_is_a_part CHECK (surplus >= 0 AND surplus <= amount),
	CONSTRAINT repayment_amount_is_of_the_document CHECK ((document->'cash'->>'amount')::numeric = amount AND document->'cash'->>'currency' = currency AND (document->>'surplus')::numeric = surplus),
	CONSTRAINT repayment_digest_is_of_the_document CHECK (document->>'digest' = encode(digest, 'hex') AND digest = sha256(convert_to(replace(document::text, '"digest":"' || encode(digest, 'hex') || '"', '"digest":""'), 'UTF8')))
);
-- next
CREATE UNIQUE INDEX a_transaction_repays_once ON repayment (authority_id, facility_id, bank_reference) WHERE source = 'borrower';
-- next
CREATE INDEX repayment_of_facility ON repayment (authority_id, facility_id, id);
-- next
CREATE TABLE repayment_return (
	authority_id INTEGER NOT NULL,
	payment_id TEXT COLLATE "C" NOT NULL,
	version INTEGER NOT NULL,
	settled_version INTEGER NOT NULL,
	repayment_id TEXT COLLATE "C" NOT NULL,
	facility_id TEXT COLLATE "C" NOT NULL,
	amount NUMERIC NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	surplus NUMERIC NOT NULL,
	document JSON NOT NULL,
	recorded_by TEXT COLLATE "C" NOT NULL,
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT repayment_return_pkey PRIMARY KEY (authority_id, payment_id, version),
	CONSTRAINT a_repayment_goes_back_by_a_return FOREIGN KEY(authority_id, payment_id, version, settled_version, amount) REFERENCES payment_return (authority_id, payment_id, version, settled_version, amount),
	CONSTRAINT a_return_undoes_its_own_repayment FOREIGN KEY(authority_id, repayment_id, facility_id, payment_id, settled_version, currency) REFERENCES repayment (authority_id, id, facility_id, payment_id, payment_version, currency),
	CONSTRAINT repayment_return_surplus_is_a_part CHECK (surplus >= 0 AND surplus <= amount),
	CONSTRAINT repayment_return_amount_is_of_the_document CHECK ((document->'amount'->>'amount')::numeric = amount AND document->'amount'->>'currency' = currency AND (document->>'surplus')::numeric = surplus)
);
-- next
CREATE TRIGGER approval_limit_stays BEFORE UPDATE OR DELETE ON approval_limit FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER approval_limit_stays_whole BEFORE TRUNCATE ON approval_limit FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE approval_limit ENABLE ALWAYS TRIGGER approval_limit_stays;
-- next
ALTER TABLE approval_limit ENABLE ALWAYS TRIGGER approval_limit_stays_whole;
-- next
CREATE TRIGGER approval_limit_nobody_sets_an_own_limit BEFORE INSERT OR UPDATE ON approval_limit FOR EACH ROW WHEN (NEW.set_by LIKE 'client%' AND NEW.person_id IS NOT NULL) EXECUTE FUNCTION hands_differ('person_id', 'set_by', 'nobody_sets_an_own_limit');
-- next
ALTER TABLE approval_limit ENABLE ALWAYS TRIGGER approval_limit_nobody_sets_an_own_limit;
-- next
ALTER TABLE approval_limit ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE approval_limit FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY approval_limit_seen ON approval_limit USING (authority_id = nullif(current_setting('app.authority', true), '')::integer OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id
      AND jurisdiction.path LIKE '%/' || nullif(current_setting('app.oversees', true), '') || '/%'));
-- next
GRANT SELECT, INSERT ON approval_limit TO ecosystem_api;
-- next
CREATE FUNCTION approval_limit_of(of_authority integer, whose text, in_currency text)
RETURNS numeric LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    (SELECT amount FROM approval_limit WHERE authority_id = of_authority
      AND currency = in_currency AND person_id = whose ORDER BY id DESC LIMIT 1),
    least(
      (SELECT amount FROM approval_limit WHERE authority_id = of_authority
        AND currency = in_currency AND person_id IS NULL ORDER BY id DESC LIMIT 1),
      (SELECT amount FROM approval_limit WHERE authority_id = of_authority
        AND currency = in_currency AND person_id IS NULL AND set_by <> whose
        ORDER BY id DESC LIMIT 1)))
$$;
-- next
CREATE FUNCTION payment_is_approved_within_limit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  most numeric := approval_limit_of(NEW.authority_id, NEW.approved_by, NEW.currency);
BEGIN
  IF NEW.amount > most THEN
    RAISE EXCEPTION 'payment % is above the limit of who approves', NEW.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_is_approved_within_limit';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER payment_is_within_limit BEFORE UPDATE ON payment FOR EACH ROW WHEN (NEW.state = 'approved' AND OLD.state = 'claimed') EXECUTE FUNCTION payment_is_approved_within_limit();
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_is_within_limit;
-- next
CREATE FUNCTION a_limit_for_all_is_not_ones_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.person_id IS NOT NULL OR EXISTS (
    SELECT FROM membership JOIN organisation ON organisation.id = membership.organisation_id
    WHERE organisation.number = NEW.authority_id AND membership.person_id = NEW.set_by
      AND NOT 'approver' = ANY (membership.roles))
  OR EXISTS (
    SELECT FROM approval_limit AS own WHERE own.authority_id = NEW.authority_id
      AND own.currency = NEW.currency AND own.person_id = NEW.set_by)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_limit_for_all_is_not_ones_own';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_limit_for_all_is_not_ones_own BEFORE INSERT ON approval_limit FOR EACH ROW EXECUTE FUNCTION a_limit_for_all_is_not_ones_own();
-- next
ALTER TABLE approval_limit ENABLE ALWAYS TRIGGER a_limit_for_all_is_not_ones_own;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON assertion_used TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON authorisation TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON authorisation_request TO ecosystem_api;
-- next
CREATE TRIGGER bank_file_stays BEFORE UPDATE OR DELETE ON bank_file FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER bank_file_stays_whole BEFORE TRUNCATE ON bank_file FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE bank_file ENABLE ALWAYS TRIGGER bank_file_stays;
-- next
ALTER TABLE bank_file ENABLE ALWAYS TRIGGER bank_file_stays_whole;
-- next
ALTER TABLE bank_file ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE bank_file FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY bank_file_seen ON bank_file USING (authority_id = nullif(current_setting('app.authority', true), '')::integer OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id
      AND jurisdiction.path LIKE '%/' || nullif(current_setting('app.oversees', true), '') || '/%')
  OR current_setting('app.purpose', true) = 'expiring');
-- next
GRANT SELECT, INSERT ON bank_file TO ecosystem_api;
-- next
CREATE TRIGGER client_keeper_stays BEFORE UPDATE OR DELETE ON client_keeper FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER client_keeper_stays_whole BEFORE TRUNCATE ON client_keeper FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE client_keeper ENABLE ALWAYS TRIGGER client_keeper_stays;
-- next
ALTER TABLE client_keeper ENABLE ALWAYS TRIGGER client_keeper_stays_whole;
-- next
GRANT SELECT, INSERT ON client_keeper TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON dpop_proof TO ecosystem_api;
-- next
CREATE TRIGGER event_stays BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER event_stays_whole BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE event ENABLE ALWAYS TRIGGER event_stays;
-- next
ALTER TABLE event ENABLE ALWAYS TRIGGER event_stays_whole;
-- next
GRANT SELECT, INSERT ON event TO ecosystem_api;
-- next
CREATE TRIGGER history_reading_stays BEFORE UPDATE OR DELETE ON history_reading FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER history_reading_stays_whole BEFORE TRUNCATE ON history_reading FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE history_reading ENABLE ALWAYS TRIGGER history_reading_stays;
-- next
ALTER TABLE history_reading ENABLE ALWAYS TRIGGER history_reading_stays_whole;
-- next
GRANT SELECT, INSERT ON history_reading TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE ON jurisdiction TO ecosystem_api;
-- next
GRANT SELECT, INSERT (authority_id, id, kind, owner_ref, programme_id, currency) ON ledger_account TO ecosystem_api;
-- next
CREATE FUNCTION ledger_accounts_locked(
  of_authority integer, programmes text[], kinds text[], owners text[], currencies text[]
) RETURNS SETOF public.ledger_account LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT account.*
  FROM public.ledger_account AS account
  JOIN unnest(programmes, kinds, owners, currencies)
    AS name(programme_id, kind, owner_ref, currency)
    USING (programme_id, kind, owner_ref, currency)
  WHERE account.authority_id = of_authority AND cardinality(owners) = (
    SELECT count(*)
    FROM public.ledger_account
    JOIN unnest(programmes, kinds, owners, currencies)
      AS name(programme_id, kind, owner_ref, currency)
      USING (programme_id, kind, owner_ref, currency)
    WHERE authority_id = of_authority)
  ORDER BY account.id
  FOR NO KEY UPDATE OF account
$$;
-- next
REVOKE EXECUTE ON FUNCTION ledger_accounts_locked FROM PUBLIC;
-- next
GRANT EXECUTE ON FUNCTION ledger_accounts_locked TO ecosystem_api;
-- next
CREATE TRIGGER log_entry_stays BEFORE UPDATE OR DELETE ON log_entry FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER log_entry_stays_whole BEFORE TRUNCATE ON log_entry FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE log_entry ENABLE ALWAYS TRIGGER log_entry_stays;
-- next
ALTER TABLE log_entry ENABLE ALWAYS TRIGGER log_entry_stays_whole;
-- next
GRANT SELECT, INSERT ON log_entry TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON login_counter TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE ON need TO ecosystem_api;
-- next
CREATE FUNCTION need_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% % cannot go from % to %',
    TG_TABLE_NAME, NEW.id, coalesce(OLD.state, 'nothing'), NEW.state
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'need_takes_its_turn';
END $$;
-- next
CREATE TRIGGER need_begins BEFORE INSERT ON need FOR EACH ROW WHEN ((NEW.state IN ('draft', 'published')) IS NOT TRUE) EXECUTE FUNCTION need_takes_its_turn();
-- next
ALTER TABLE need ENABLE ALWAYS TRIGGER need_begins;
-- next
CREATE TRIGGER need_turns BEFORE UPDATE OF state ON need FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state AND OLD.state || ' ' || NEW.state NOT IN ('draft published', 'draft cancelled', 'published closed', 'published cancelled', 'closed opened', 'closed cancelled', 'opened evaluated', 'opened awarded', 'opened contracted', 'opened unsuccessful', 'opened cancelled', 'evaluated awarded', 'evaluated contracted', 'evaluated opened', 'evaluated unsuccessful', 'evaluated cancelled', 'awarded contracted', 'awarded opened', 'awarded evaluated', 'awarded unsuccessful', 'awarded cancelled', 'contracted opened')) EXECUTE FUNCTION need_takes_its_turn();
-- next
ALTER TABLE need ENABLE ALWAYS TRIGGER need_turns;
-- next
CREATE FUNCTION need_terms_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'need % is not amended like this', OLD.id
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'need_terms_stay';
END $$;
-- next
CREATE TRIGGER need_terms_stay BEFORE UPDATE OF content_version, waits_for_answers, is_contracted
ON need
FOR EACH ROW WHEN (
  (NEW.content_version <> OLD.content_version
    AND (NEW.content_version < OLD.content_version OR OLD.state NOT IN ('draft', 'published')))
  OR (NEW.waits_for_answers <> OLD.waits_for_answers AND OLD.state <> 'draft')
  OR (OLD.is_contracted AND NOT NEW.is_contracted))
EXECUTE FUNCTION need_terms_stay();
-- next
ALTER TABLE need ENABLE ALWAYS TRIGGER need_terms_stay;
-- next
GRANT SELECT, INSERT, UPDATE ON opening_key TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON passkey_challenge TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE ON person TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE ON programme TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON revoked_token TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE ON sandbox_clock TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE ON sandbox_parties TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON saved_search TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE ON standard TO ecosystem_api;
-- next
CREATE TRIGGER standard_form_stays BEFORE UPDATE OR DELETE ON standard_form FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER standard_form_stays_whole BEFORE TRUNCATE ON standard_form FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE standard_form ENABLE ALWAYS TRIGGER standard_form_stays;
-- next
ALTER TABLE standard_form ENABLE ALWAYS TRIGGER standard_form_stays_whole;
-- next
GRANT SELECT, INSERT ON standard_form TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON stored_answer TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE ON working_calendar TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE ON account TO ecosystem_api;
-- next
CREATE TRIGGER appropriation_stays BEFORE UPDATE OR DELETE ON appropriation FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER appropriation_stays_whole BEFORE TRUNCATE ON appropriation FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE appropriation ENABLE ALWAYS TRIGGER appropriation_stays;
-- next
ALTER TABLE appropriation ENABLE ALWAYS TRIGGER appropriation_stays_whole;
-- next
GRANT SELECT, INSERT ON appropriation TO ecosystem_api;
-- next
CREATE FUNCTION an_appropriation_cites_the_year_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (
  NEW.assessment_id IS NULL AND (
    NEW.departs_because IS NOT NULL
    OR NOT EXISTS (
    SELECT FROM programme AS now JOIN programme AS past ON past.authority_id = now.authority_id
      AND past.sector = now.sector AND past.operation = now.operation AND past.phase = now.phase
    WHERE now.authority_id = NEW.authority_id AND now.id = NEW.programme_id AND past.fiscal_year = now.fiscal_year - 1))
  OR EXISTS (
    SELECT FROM programme AS now JOIN programme AS past ON past.authority_id = now.authority_id
      AND past.sector = now.sector AND past.operation = now.operation AND past.phase = now.phase
    WHERE now.authority_id = NEW.authority_id AND now.id = NEW.programme_id AND EXISTS (
      SELECT FROM assessment AS one
      WHERE one.authority_id = now.authority_id AND one.id = NEW.assessment_id
        AND one.programme_id = past.id AND one.fiscal_year = now.fiscal_year - 1
        AND one.state = 'published'
        AND (one.recommendation <> 'stop' OR NEW.departs_because IS NOT NULL)))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'an_appropriation_cites_the_year_before';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER an_appropriation_cites_the_year_before BEFORE INSERT ON appropriation FOR EACH ROW EXECUTE FUNCTION an_appropriation_cites_the_year_before();
-- next
ALTER TABLE appropriation ENABLE ALWAYS TRIGGER an_appropriation_cites_the_year_before;
-- next
CREATE TRIGGER attachment_stays BEFORE UPDATE OR DELETE ON attachment FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER attachment_stays_whole BEFORE TRUNCATE ON attachment FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE attachment ENABLE ALWAYS TRIGGER attachment_stays;
-- next
ALTER TABLE attachment ENABLE ALWAYS TRIGGER attachment_stays_whole;
-- next
GRANT SELECT, INSERT ON attachment TO ecosystem_api;
-- next
CREATE FUNCTION attachments_are_bounded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
    AND need.state IN ('draft', 'published') FOR UPDATE;
  IF NOT FOUND OR (
    SELECT count(*) >= TG_ARGV[0]::integer
      OR coalesce(sum(attachment.bytes), 0) + NEW.bytes > TG_ARGV[1]::bigint
    FROM attachment
    WHERE attachment.authority_id = NEW.authority_id AND attachment.need_id = NEW.need_id)
  THEN
    RAISE EXCEPTION 'need % takes no further attachment', NEW.need_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'attachments_are_bounded';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER attachments_are_bounded BEFORE INSERT ON attachment FOR EACH ROW EXECUTE FUNCTION attachments_are_bounded(100, 500000000);
-- next
ALTER TABLE attachment ENABLE ALWAYS TRIGGER attachments_are_bounded;
-- next
CREATE FUNCTION public_documents_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT one->>'id' FROM json_array_elements(OLD.documents) AS one
    EXCEPT SELECT one->>'id' FROM json_array_elements(NEW.documents) AS one)
  THEN
    RAISE EXCEPTION 'need % loses a document that is public', OLD.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'public_documents_stay';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER public_documents_stay BEFORE UPDATE OF documents ON need FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION public_documents_stay();
-- next
ALTER TABLE need ENABLE ALWAYS TRIGGER public_documents_stay;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON authorisation_code TO ecosystem_api;
-- next
CREATE TRIGGER bank_report_stays BEFORE UPDATE OR DELETE ON bank_report FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER bank_report_stays_whole BEFORE TRUNCATE ON bank_report FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE bank_report ENABLE ALWAYS TRIGGER bank_report_stays;
-- next
ALTER TABLE bank_report ENABLE ALWAYS TRIGGER bank_report_stays_whole;
-- next
ALTER TABLE bank_report ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE bank_report FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY bank_report_seen ON bank_report USING (authority_id = nullif(current_setting('app.authority', true), '')::integer OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id
      AND jurisdiction.path LIKE '%/' || nullif(current_setting('app.oversees', true), '') || '/%')
  OR current_setting('app.purpose', true) = 'expiring');
-- next
GRANT SELECT, INSERT ON bank_report TO ecosystem_api;
-- next
CREATE TRIGGER evaluation_stays BEFORE UPDATE OR DELETE ON evaluation FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER evaluation_stays_whole BEFORE TRUNCATE ON evaluation FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE evaluation ENABLE ALWAYS TRIGGER evaluation_stays;
-- next
ALTER TABLE evaluation ENABLE ALWAYS TRIGGER evaluation_stays_whole;
-- next
GRANT SELECT, INSERT ON evaluation TO ecosystem_api;
-- next
CREATE TRIGGER evaluator_hands_stay BEFORE UPDATE ON evaluator FOR EACH ROW EXECUTE FUNCTION hands_stay('appointed_by');
-- next
ALTER TABLE evaluator ENABLE ALWAYS TRIGGER evaluator_hands_stay;
-- next
CREATE TRIGGER evaluator_nobody_appoints_himself BEFORE INSERT OR UPDATE ON evaluator FOR EACH ROW WHEN (NEW.appointed_by LIKE 'client%' AND NEW.person_id IS NOT NULL) EXECUTE FUNCTION hands_differ('person_id', 'appointed_by', 'nobody_appoints_himself');
-- next
ALTER TABLE evaluator ENABLE ALWAYS TRIGGER evaluator_nobody_appoints_himself;
-- next
ALTER TABLE evaluator ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE evaluator FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY evaluator_seen ON evaluator USING (authority_id =
    nullif(current_setting('app.authority', true), '')::integer
  OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%')
  OR organisation_id = nullif(current_setting('app.organisation', true), ''));
-- next
GRANT SELECT, INSERT, UPDATE ON evaluator TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON event_pending TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON lot TO ecosystem_api;
-- next
CREATE TRIGGER need_amendment_stays BEFORE UPDATE OR DELETE ON need_amendment FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER need_amendment_stays_whole BEFORE TRUNCATE ON need_amendment FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE need_amendment ENABLE ALWAYS TRIGGER need_amendment_stays;
-- next
ALTER TABLE need_amendment ENABLE ALWAYS TRIGGER need_amendment_stays_whole;
-- next
GRANT SELECT, INSERT ON need_amendment TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE ON offer_reader TO ecosystem_api;
-- next
CREATE TRIGGER opening_stays BEFORE UPDATE OR DELETE ON opening FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER opening_stays_whole BEFORE TRUNCATE ON opening FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE opening ENABLE ALWAYS TRIGGER opening_stays;
-- next
ALTER TABLE opening ENABLE ALWAYS TRIGGER opening_stays_whole;
-- next
GRANT SELECT, INSERT ON opening TO ecosystem_api;
-- next
CREATE FUNCTION who_opens_has_handed_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF ((
    SELECT count(DISTINCT one) >= need.threshold AND count(DISTINCT one) = count(one) AND bool_and(
      EXISTS (
        SELECT FROM opening_share WHERE opening_share.authority_id = NEW.authority_id
          AND opening_share.need_id = NEW.need_id AND opening_share.part = NEW.part
          AND opening_share.person_id = one))
    FROM need, unnest(NEW.opened_by) AS one
    WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
    GROUP BY need.threshold)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'who_opens_has_handed_in';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER who_opens_has_handed_in BEFORE INSERT ON opening FOR EACH ROW EXECUTE FUNCTION who_opens_has_handed_in();
-- next
ALTER TABLE opening ENABLE ALWAYS TRIGGER who_opens_has_handed_in;
-- next
CREATE FUNCTION prices_open_in_their_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.part <> 'financial' OR EXISTS (
    SELECT FROM score_freezing WHERE score_freezing.authority_id = NEW.authority_id
      AND score_freezing.need_id = NEW.need_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'prices_open_in_their_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER prices_open_in_their_turn BEFORE INSERT ON opening FOR EACH ROW EXECUTE FUNCTION prices_open_in_their_turn();
-- next
ALTER TABLE opening ENABLE ALWAYS TRIGGER prices_open_in_their_turn;
-- next
CREATE FUNCTION an_opening_waits_for_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.part = 'financial' OR EXISTS (
    SELECT FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
      AND NOT (need.waits_for_answers AND EXISTS (
        SELECT FROM question WHERE question.authority_id = need.authority_id
          AND question.need_id = need.id AND question.answer IS NULL)))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'an_opening_waits_for_answers';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER an_opening_waits_for_answers BEFORE INSERT ON opening FOR EACH ROW EXECUTE FUNCTION an_opening_waits_for_answers();
-- next
ALTER TABLE opening ENABLE ALWAYS TRIGGER an_opening_waits_for_answers;
-- next
CREATE TRIGGER opening_share_stays BEFORE UPDATE OR DELETE ON opening_share FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER opening_share_stays_whole BEFORE TRUNCATE ON opening_share FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE opening_share ENABLE ALWAYS TRIGGER opening_share_stays;
-- next
ALTER TABLE opening_share ENABLE ALWAYS TRIGGER opening_share_stays_whole;
-- next
ALTER TABLE opening_share ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE opening_share FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY opening_share_seen ON opening_share USING (current_setting('app.purpose', true) = 'opening');
-- next
GRANT SELECT, INSERT ON opening_share TO ecosystem_api;
-- next
CREATE FUNCTION who_opens_is_named_by_the_need() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM need, json_array_elements(need.openers) AS one
    WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
      AND one->>'person_id' = NEW.person_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'who_opens_is_named_by_the_need';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER who_opens_is_named_by_the_need BEFORE INSERT ON opening_share FOR EACH ROW EXECUTE FUNCTION who_opens_is_named_by_the_need();
-- next
ALTER TABLE opening_share ENABLE ALWAYS TRIGGER who_opens_is_named_by_the_need;
-- next
CREATE FUNCTION shares_of_prices_wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.part <> 'financial' OR EXISTS (
    SELECT FROM score_freezing WHERE score_freezing.authority_id = NEW.authority_id
      AND score_freezing.need_id = NEW.need_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'shares_of_prices_wait';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER shares_of_prices_wait BEFORE INSERT ON opening_share FOR EACH ROW EXECUTE FUNCTION shares_of_prices_wait();
-- next
ALTER TABLE opening_share ENABLE ALWAYS TRIGGER shares_of_prices_wait;
-- next
CREATE FUNCTION shares_wait_for_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.part = 'financial' OR EXISTS (
    SELECT FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
      AND NOT (need.waits_for_answers AND EXISTS (
        SELECT FROM question WHERE question.authority_id = need.authority_id
          AND question.need_id = need.id AND question.answer IS NULL)))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'shares_wait_for_answers';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER shares_wait_for_answers BEFORE INSERT ON opening_share FOR EACH ROW EXECUTE FUNCTION shares_wait_for_answers();
-- next
ALTER TABLE opening_share ENABLE ALWAYS TRIGGER shares_wait_for_answers;
-- next
GRANT SELECT, INSERT, UPDATE ON organisation TO ecosystem_api;
-- next
GRANT USAGE ON SEQUENCE organisation_number_seq TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON outside_identity TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE ON procurement_profile TO ecosystem_api;
-- next
CREATE TRIGGER question_hands_stay BEFORE UPDATE ON question FOR EACH ROW EXECUTE FUNCTION hands_stay('asked_by', 'answered_by', 'answered_at');
-- next
ALTER TABLE question ENABLE ALWAYS TRIGGER question_hands_stay;
-- next
GRANT SELECT, INSERT, UPDATE ON question TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_token TO ecosystem_api;
-- next
CREATE TRIGGER score_freezing_stays BEFORE UPDATE OR DELETE ON score_freezing FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER score_freezing_stays_whole BEFORE TRUNCATE ON score_freezing FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE score_freezing ENABLE ALWAYS TRIGGER score_freezing_stays;
-- next
ALTER TABLE score_freezing ENABLE ALWAYS TRIGGER score_freezing_stays_whole;
-- next
GRANT SELECT, INSERT ON score_freezing TO ecosystem_api;
-- next
CREATE TRIGGER transfer_stays BEFORE UPDATE OR DELETE ON transfer FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER transfer_stays_whole BEFORE TRUNCATE ON transfer FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE transfer ENABLE ALWAYS TRIGGER transfer_stays;
-- next
ALTER TABLE transfer ENABLE ALWAYS TRIGGER transfer_stays_whole;
-- next
GRANT SELECT, INSERT ON transfer TO ecosystem_api;
-- next
CREATE FUNCTION transfer_moves_money() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM public.ledger_account
  WHERE authority_id = NEW.authority_id AND id IN (NEW.debit_id, NEW.credit_id)
  ORDER BY id
  FOR NO KEY UPDATE;
  UPDATE public.ledger_account
  SET debits = debits + CASE id WHEN NEW.debit_id THEN NEW.amount ELSE 0 END,
    credits = credits + CASE id WHEN NEW.credit_id THEN NEW.amount ELSE 0 END
  WHERE authority_id = NEW.authority_id AND id IN (NEW.debit_id, NEW.credit_id);
  IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM public.transfer AS earlier
    WHERE earlier.authority_id = NEW.authority_id AND earlier.id = NEW.reverses_id
      AND earlier.debit_id = NEW.credit_id AND earlier.credit_id = NEW.debit_id
      AND earlier.amount = NEW.amount
  ) THEN
    RAISE EXCEPTION 'transfer % does not take % back exactly', NEW.id, NEW.reverses_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_reversal_is_exact';
  END IF;
  RETURN NULL;
END $$;
-- next
REVOKE EXECUTE ON FUNCTION transfer_moves_money FROM PUBLIC;
-- next
CREATE TRIGGER transfer_moves AFTER INSERT ON transfer FOR EACH ROW EXECUTE FUNCTION transfer_moves_money();
-- next
ALTER TABLE transfer ENABLE ALWAYS TRIGGER transfer_moves;
-- next
CREATE TRIGGER attachment_expiry_hands_stay BEFORE UPDATE ON attachment_expiry FOR EACH ROW EXECUTE FUNCTION hands_stay('authority_id', 'attachment_id', 'sha256', 'ended_on', 'years', 'kept_until', 'law', 'article', 'expired_at', 'erased_at');
-- next
ALTER TABLE attachment_expiry ENABLE ALWAYS TRIGGER attachment_expiry_hands_stay;
-- next
GRANT SELECT, INSERT, UPDATE ON attachment_expiry TO ecosystem_api;
-- next
CREATE FUNCTION attachments_are_kept_their_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM attachment JOIN need
      ON need.authority_id = attachment.authority_id AND need.id = attachment.need_id
    WHERE attachment.authority_id = NEW.authority_id AND attachment.id = NEW.attachment_id
      AND attachment.sha256 = NEW.sha256
      AND need.state IN ('contracted', 'cancelled', 'unsuccessful')
      AND NEW.ended_on >= (
        SELECT max(event.recorded_at AT TIME ZONE 'UTC')::date - 1 FROM event
        WHERE event.authority_id = need.authority_id AND event.stream = need.id)
      AND NOT EXISTS (
        SELECT FROM contract
        WHERE contract.authority_id = need.authority_id AND contract.need_id = need.id
          AND (contract.state IN ('active', 'suspended')
            OR NEW.ended_on < (contract.ended_at AT TIME ZONE 'UTC')::date - 1)))
  AND NEW.kept_until < (NEW.expired_at AT TIME ZONE 'UTC')::date - 1) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'attachments_are_kept_their_time';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER attachments_are_kept_their_time BEFORE INSERT ON attachment_expiry FOR EACH ROW EXECUTE FUNCTION attachments_are_kept_their_time();
-- next
ALTER TABLE attachment_expiry ENABLE ALWAYS TRIGGER attachments_are_kept_their_time;
-- next
GRANT SELECT, INSERT, UPDATE ON client TO ecosystem_api;
-- next
CREATE FUNCTION client_method_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.secret_digest IS NULL) <> (NEW.secret_digest IS NULL)
    OR num_nonnulls(OLD.jwks, OLD.jwks_uri) <> num_nonnulls(NEW.jwks, NEW.jwks_uri)
  THEN
    RAISE EXCEPTION 'a client proves itself in the way in which it was added'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'client_method_stays';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER client_method_stays BEFORE UPDATE ON client FOR EACH ROW EXECUTE FUNCTION client_method_stays();
-- next
ALTER TABLE client ENABLE ALWAYS TRIGGER client_method_stays;
-- next
CREATE TRIGGER consensus_hands_stay BEFORE UPDATE ON consensus FOR EACH ROW EXECUTE FUNCTION hands_stay('person_id');
-- next
ALTER TABLE consensus ENABLE ALWAYS TRIGGER consensus_hands_stay;
-- next
ALTER TABLE consensus ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE consensus FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY consensus_seen ON consensus USING (authority_id =
    nullif(current_setting('app.authority', true), '')::integer
  OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%')
  OR organisation_id = nullif(current_setting('app.organisation', true), '') OR EXISTS (
    SELECT FROM evaluator WHERE evaluator.authority_id = consensus.authority_id
      AND evaluator.need_id = consensus.need_id AND NOT evaluator.has_conflict
      AND evaluator.organisation_id = nullif(current_setting('app.organisation', true), '')));
-- next
GRANT SELECT, INSERT, UPDATE ON consensus TO ecosystem_api;
-- next
CREATE FUNCTION who_agrees_has_scored() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM score WHERE score.authority_id = NEW.authority_id AND score.need_id = NEW.need_id
      AND score.offer_id = NEW.offer_id AND score.person_id = NEW.person_id
      AND score.round = NEW.round)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'who_agrees_has_scored';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER who_agrees_has_scored BEFORE INSERT ON consensus FOR EACH ROW EXECUTE FUNCTION who_agrees_has_scored();
-- next
ALTER TABLE consensus ENABLE ALWAYS TRIGGER who_agrees_has_scored;
-- next
CREATE FUNCTION frozen_consensus_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.round > 1 OR NOT EXISTS (
    SELECT FROM score_freezing WHERE score_freezing.authority_id = NEW.authority_id
      AND score_freezing.need_id = NEW.need_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'frozen_consensus_stays';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER frozen_consensus_stays BEFORE INSERT OR UPDATE ON consensus FOR EACH ROW EXECUTE FUNCTION frozen_consensus_stays();
-- next
ALTER TABLE consensus ENABLE ALWAYS TRIGGER frozen_consensus_stays;
-- next
GRANT SELECT, INSERT, UPDATE ON invitation TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE ON jurisdiction_profile TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON login_session TO ecosystem_api;
-- next
CREATE TRIGGER lot_end_stays BEFORE UPDATE OR DELETE ON lot_end FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER lot_end_stays_whole BEFORE TRUNCATE ON lot_end FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE lot_end ENABLE ALWAYS TRIGGER lot_end_stays;
-- next
ALTER TABLE lot_end ENABLE ALWAYS TRIGGER lot_end_stays_whole;
-- next
GRANT SELECT, INSERT ON lot_end TO ecosystem_api;
-- next
CREATE FUNCTION a_lot_ends_when_its_award_fell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
    FOR UPDATE;
  IF NOT EXISTS (SELECT FROM award WHERE award.authority_id = NEW.authority_id
      AND award.need_id = NEW.need_id AND award.lot_id = NEW.lot_id
        AND (award.kind = NEW.kind OR NEW.kind = 'financing')
        AND award.lapse IN ('declined', 'unsigned'))
    OR EXISTS (SELECT FROM award WHERE award.authority_id = NEW.authority_id
      AND award.lot_id = NEW.lot_id AND award.kind = NEW.kind AND award.state <> 'cancelled')
  THEN
    RAISE EXCEPTION 'lot % cannot end like this', NEW.lot_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_lot_ends_when_its_award_fell';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_lot_ends_when_its_award_fell BEFORE INSERT ON lot_end FOR EACH ROW EXECUTE FUNCTION a_lot_ends_when_its_award_fell();
-- next
ALTER TABLE lot_end ENABLE ALWAYS TRIGGER a_lot_ends_when_its_award_fell;
-- next
ALTER TABLE offer ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE offer FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY offer_seen ON offer USING (nullif(current_setting('app.organisation', true), '') = ANY (member_ids) OR (state IN ('opened', 'admitted', 'excluded', 'awarded', 'not_awarded') AND (authority_id = nullif(current_setting('app.authority', true), '')::integer OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%') OR EXISTS (
    SELECT FROM offer_reader WHERE offer_reader.authority_id = offer.authority_id
      AND offer_reader.need_id = offer.need_id AND offer_reader.may_read
      AND offer_reader.organisation_id = nullif(current_setting('app.organisation', true), '')))) OR current_setting('app.purpose', true) = 'opening' OR current_setting('app.purpose', true) = 'leaving' OR current_setting('app.purpose', true) = 'amending' OR (state IN ('opened', 'admitted', 'excluded', 'awarded', 'not_awarded') AND current_setting('app.purpose', true) IN ('review', 'falling')));
-- next
GRANT SELECT, INSERT, UPDATE ON offer TO ecosystem_api;
-- next
CREATE FUNCTION both_parts_or_none() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.state <> 'submitted' OR (NEW.financial_envelope IS NOT NULL) = EXISTS (
    SELECT FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
      AND need.envelopes = 'two')) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'both_parts_or_none';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER both_parts_or_none BEFORE INSERT OR UPDATE ON offer FOR EACH ROW EXECUTE FUNCTION both_parts_or_none();
-- next
ALTER TABLE offer ENABLE ALWAYS TRIGGER both_parts_or_none;
-- next
CREATE FUNCTION no_price_before_the_scores_are_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.financial_state IS NULL OR NEW.content IS NULL
  OR NOT NEW.content::jsonb ?| ARRAY['price', 'financing']
  OR (NEW.financial_state = 'opened' AND EXISTS (
    SELECT FROM score_freezing WHERE score_freezing.authority_id = NEW.authority_id
      AND score_freezing.need_id = NEW.need_id))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'no_price_before_the_scores_are_frozen';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER no_price_before_the_scores_are_frozen BEFORE INSERT OR UPDATE ON offer FOR EACH ROW EXECUTE FUNCTION no_price_before_the_scores_are_frozen();
-- next
ALTER TABLE offer ENABLE ALWAYS TRIGGER no_price_before_the_scores_are_frozen;
-- next
CREATE FUNCTION no_price_of_an_excluded_offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.financial_state IS DISTINCT FROM 'opened'
  OR OLD.financial_state = 'opened' OR OLD.state = 'admitted') IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'no_price_of_an_excluded_offer';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER no_price_of_an_excluded_offer BEFORE INSERT OR UPDATE ON offer FOR EACH ROW EXECUTE FUNCTION no_price_of_an_excluded_offer();
-- next
ALTER TABLE offer ENABLE ALWAYS TRIGGER no_price_of_an_excluded_offer;
-- next
CREATE FUNCTION what_is_opened_is_confirmed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (CASE
  WHEN NEW.state IN ('opened', 'admitted', 'awarded') OR (
    NEW.confirmed_version IS NOT NULL AND NEW.state = 'submitted'
    AND NEW.confirmed_version IS DISTINCT FROM OLD.confirmed_version)
  THEN EXISTS (
    SELECT FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
      AND need.content_version = NEW.confirmed_version
      AND (need.state = 'published' OR NEW.confirmed_version = OLD.confirmed_version))
  ELSE NEW.confirmed_version IS NULL
    OR NEW.confirmed_version IS NOT DISTINCT FROM OLD.confirmed_version
  END) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_is_opened_is_confirmed';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER what_is_opened_is_confirmed BEFORE INSERT OR UPDATE ON offer FOR EACH ROW EXECUTE FUNCTION what_is_opened_is_confirmed();
-- next
ALTER TABLE offer ENABLE ALWAYS TRIGGER what_is_opened_is_confirmed;
-- next
CREATE FUNCTION liability_stays_as_submitted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.state = 'draft' OR OLD.liability IS NULL
  OR NEW.liability = OLD.liability) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'liability_stays_as_submitted';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER liability_stays_as_submitted BEFORE INSERT OR UPDATE ON offer FOR EACH ROW EXECUTE FUNCTION liability_stays_as_submitted();
-- next
ALTER TABLE offer ENABLE ALWAYS TRIGGER liability_stays_as_submitted;
-- next
CREATE FUNCTION offer_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% % cannot go from % to %',
    TG_TABLE_NAME, NEW.id, coalesce(OLD.state, 'nothing'), NEW.state
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'offer_takes_its_turn';
END $$;
-- next
CREATE TRIGGER offer_begins BEFORE INSERT ON offer FOR EACH ROW WHEN ((NEW.state IN ('draft')) IS NOT TRUE) EXECUTE FUNCTION offer_takes_its_turn();
-- next
ALTER TABLE offer ENABLE ALWAYS TRIGGER offer_begins;
-- next
CREATE TRIGGER offer_turns BEFORE UPDATE OF state ON offer FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state AND OLD.state || ' ' || NEW.state NOT IN ('draft submitted', 'draft withdrawn', 'submitted draft', 'submitted withdrawn', 'submitted opened', 'submitted excluded', 'opened admitted', 'opened excluded', 'admitted excluded', 'admitted awarded', 'admitted not_awarded', 'admitted opened', 'excluded opened', 'awarded not_awarded', 'awarded opened', 'awarded excluded', 'not_awarded opened', 'not_awarded admitted')) EXECUTE FUNCTION offer_takes_its_turn();
-- next
ALTER TABLE offer ENABLE ALWAYS TRIGGER offer_turns;
-- next
CREATE FUNCTION rivals_read_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE offer_reader SET may_read = false
    WHERE authority_id = NEW.authority_id AND need_id = NEW.need_id AND may_read
      AND organisation_id = ANY (NEW.member_ids);
  RETURN NULL;
END $$;
-- next
CREATE TRIGGER rivals_read_nothing AFTER INSERT OR UPDATE OF state, member_ids ON offer FOR EACH ROW WHEN (NEW.state NOT IN ('draft', 'submitted', 'withdrawn')) EXECUTE FUNCTION rivals_read_nothing();
-- next
ALTER TABLE offer ENABLE ALWAYS TRIGGER rivals_read_nothing;
-- next
GRANT SELECT, INSERT, UPDATE ON organisation_identifier TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON passkey TO ecosystem_api;
-- next
CREATE TRIGGER recovery_is_offered_by_another BEFORE INSERT OR UPDATE ON recovery FOR EACH ROW WHEN (NEW.person_id LIKE 'client%' AND NEW.offered_by IS NOT NULL) EXECUTE FUNCTION hands_differ('offered_by', 'person_id', 'is_offered_by_another');
-- next
ALTER TABLE recovery ENABLE ALWAYS TRIGGER recovery_is_offered_by_another;
-- next
GRANT SELECT, INSERT, UPDATE ON recovery TO ecosystem_api;
-- next
CREATE TRIGGER shift_hands_stay BEFORE UPDATE ON shift FOR EACH ROW EXECUTE FUNCTION hands_stay('proposed_by', 'decided_by');
-- next
ALTER TABLE shift ENABLE ALWAYS TRIGGER shift_hands_stay;
-- next
CREATE TRIGGER shift_nobody_decides_on_an_own_shift BEFORE INSERT OR UPDATE ON shift FOR EACH ROW WHEN (NEW.proposed_by LIKE 'client%' AND NEW.decided_by IS NOT NULL) EXECUTE FUNCTION hands_differ('decided_by', 'proposed_by', 'nobody_decides_on_an_own_shift');
-- next
ALTER TABLE shift ENABLE ALWAYS TRIGGER shift_nobody_decides_on_an_own_shift;
-- next
GRANT SELECT, INSERT, UPDATE ON shift TO ecosystem_api;
-- next
CREATE TRIGGER shift_stays_as_proposed BEFORE UPDATE ON shift FOR EACH ROW WHEN (OLD.state <> 'proposed' OR OLD.kind::text IS DISTINCT FROM NEW.kind::text OR OLD.from_id::text IS DISTINCT FROM NEW.from_id::text OR OLD.to_id::text IS DISTINCT FROM NEW.to_id::text OR OLD.appropriation_id::text IS DISTINCT FROM NEW.appropriation_id::text OR OLD.currency::text IS DISTINCT FROM NEW.currency::text OR OLD.asked::text IS DISTINCT FROM NEW.asked::text OR OLD.reason::text IS DISTINCT FROM NEW.reason::text OR OLD.proposed_at::text IS DISTINCT FROM NEW.proposed_at::text) EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE shift ENABLE ALWAYS TRIGGER shift_stays_as_proposed;
-- next
ALTER TABLE webhook ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE webhook FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY webhook_seen ON webhook USING (
  organisation_id = nullif(current_setting('app.organisation', true), '')
  OR current_setting('app.purpose', true) = 'delivering'
);
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook TO ecosystem_api;
-- next
CREATE FUNCTION webhook_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% % cannot go from % to %',
    TG_TABLE_NAME, NEW.id, coalesce(OLD.state, 'nothing'), NEW.state
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'webhook_takes_its_turn';
END $$;
-- next
CREATE TRIGGER webhook_begins BEFORE INSERT ON webhook FOR EACH ROW WHEN ((NEW.state IN ('active')) IS NOT TRUE) EXECUTE FUNCTION webhook_takes_its_turn();
-- next
ALTER TABLE webhook ENABLE ALWAYS TRIGGER webhook_begins;
-- next
CREATE TRIGGER webhook_turns BEFORE UPDATE OF state ON webhook FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state AND OLD.state || ' ' || NEW.state NOT IN ('active paused', 'active stopped', 'paused active', 'stopped active')) EXECUTE FUNCTION webhook_takes_its_turn();
-- next
ALTER TABLE webhook ENABLE ALWAYS TRIGGER webhook_turns;
-- next
GRANT SELECT, INSERT, UPDATE ON admission TO ecosystem_api;
-- next
CREATE FUNCTION last_round(of_authority integer, of_need text) RETURNS integer
LANGUAGE sql STABLE AS $$
  SELECT coalesce(max(evaluation.round), 0) FROM evaluation
  WHERE evaluation.authority_id = of_authority AND evaluation.need_id = of_need
$$;
-- next
CREATE FUNCTION admission_is_of_an_opened_offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.version = 1 AND EXISTS (
    SELECT FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
      AND need.state = 'opened' FOR SHARE)
  AND NEW.round = last_round(NEW.authority_id, NEW.need_id) + 1
  AND coalesce(NEW.ground NOT IN (
    'abnormally_low', 'award_declined', 'contract_unsigned'), true)
  AND EXISTS (
    SELECT FROM offer WHERE offer.authority_id = NEW.authority_id AND offer.id = NEW.offer_id
      AND offer.need_id = NEW.need_id AND offer.lot_id = NEW.lot_id AND offer.kind = NEW.kind
      AND (offer.state = 'opened' OR offer.failure IS NOT NULL)
      AND (offer.failure IS NOT NULL) = coalesce(
        NEW.ground IN ('unconfirmed_after_amendment', 'not_openable'), false))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'admission_is_of_an_opened_offer';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER admission_is_of_an_opened_offer BEFORE INSERT ON admission FOR EACH ROW EXECUTE FUNCTION admission_is_of_an_opened_offer();
-- next
ALTER TABLE admission ENABLE ALWAYS TRIGGER admission_is_of_an_opened_offer;
-- next
CREATE FUNCTION admission_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[] := '{outcome,ground,reasons,decided_by,decided_at,version}';
  last integer := last_round(NEW.authority_id, NEW.need_id);
  is_open boolean;
BEGIN
  SELECT true INTO is_open FROM need WHERE need.authority_id = NEW.authority_id
    AND need.id = NEW.need_id AND need.state = 'opened' FOR SHARE;
  IF OLD.outcome <> 'admitted' OR NEW.outcome <> 'excluded' OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks IS DISTINCT FROM to_jsonb(OLD) - marks
    OR (CASE WHEN NEW.ground = 'abnormally_low' THEN NEW.round > last OR EXISTS (
        SELECT FROM admission AS later WHERE later.authority_id = NEW.authority_id
          AND later.offer_id = NEW.offer_id AND later.round > NEW.round) OR NOT EXISTS (
        SELECT FROM price_explanation AS asked WHERE asked.authority_id = NEW.authority_id
          AND asked.offer_id = NEW.offer_id AND asked.round = NEW.round
          AND asked.state = 'rejected')
      WHEN NEW.ground IN ('award_declined', 'contract_unsigned') THEN NOT EXISTS (
        SELECT FROM award WHERE award.authority_id = NEW.authority_id
          AND award.offer_id = NEW.offer_id AND award.round = NEW.round
          AND award.lapse = CASE NEW.ground WHEN 'award_declined' THEN 'declined'
            ELSE 'unsigned' END)
      ELSE is_open IS NOT TRUE OR NEW.round <> last + 1 END)
    OR EXISTS (
      SELECT FROM award WHERE award.authority_id = NEW.authority_id
        AND award.offer_id = NEW.offer_id AND award.state <> 'cancelled')
  THEN
    RAISE EXCEPTION 'admission % cannot become % like this', OLD.id, NEW.outcome
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'admission_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER admission_turns BEFORE UPDATE ON admission FOR EACH ROW EXECUTE FUNCTION admission_takes_its_turn();
-- next
ALTER TABLE admission ENABLE ALWAYS TRIGGER admission_turns;
-- next
CREATE FUNCTION offer_goes_as_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.state = 'excluded' AND (OLD.failure IS NOT NULL OR NEW.state <> 'opened' OR EXISTS (
      SELECT FROM award WHERE award.authority_id = NEW.authority_id
        AND award.offer_id = NEW.id AND award.lapse IS NOT NULL)))
    OR (OLD.state = 'not_awarded' AND NEW.state = 'admitted' AND NOT EXISTS (
      SELECT FROM award WHERE award.authority_id = NEW.authority_id
        AND award.lot_id = NEW.lot_id AND award.kind = NEW.kind
        AND award.lapse IN ('declined', 'unsigned')))
    OR (NEW.state = 'awarded' AND OLD.state <> 'admitted')
    OR (NEW.state = 'not_awarded' AND OLD.state NOT IN ('admitted', 'awarded'))
    OR ((NEW.state = 'admitted' OR (NEW.state = 'excluded' AND NEW.failure IS NULL))
      AND NEW.state IS DISTINCT FROM (
        SELECT admission.outcome FROM admission
        WHERE admission.authority_id = NEW.authority_id AND admission.offer_id = NEW.id
        ORDER BY admission.round DESC LIMIT 1))
  THEN
    RAISE EXCEPTION 'offer % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'offer_goes_as_decided';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER offer_goes_as_decided BEFORE UPDATE OF state ON offer FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION offer_goes_as_decided();
-- next
ALTER TABLE offer ENABLE ALWAYS TRIGGER offer_goes_as_decided;
-- next
CREATE FUNCTION nothing_waits_at_the_evaluation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (
  NEW.authority_id = nullif(current_setting('app.authority', true), '')::integer AND NOT EXISTS (
    SELECT FROM offer WHERE offer.authority_id = NEW.authority_id AND offer.need_id = NEW.need_id
      AND offer.state = 'opened')) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'nothing_waits_at_the_evaluation';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER nothing_waits_at_the_evaluation BEFORE INSERT ON evaluation FOR EACH ROW EXECUTE FUNCTION nothing_waits_at_the_evaluation();
-- next
ALTER TABLE evaluation ENABLE ALWAYS TRIGGER nothing_waits_at_the_evaluation;
-- next
CREATE FUNCTION what_is_awarded_was_admitted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM offer WHERE offer.authority_id = NEW.authority_id AND offer.id = NEW.offer_id
      AND offer.state = 'admitted' FOR SHARE)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_is_awarded_was_admitted';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER what_is_awarded_was_admitted BEFORE INSERT ON award FOR EACH ROW EXECUTE FUNCTION what_is_awarded_was_admitted();
-- next
ALTER TABLE award ENABLE ALWAYS TRIGGER what_is_awarded_was_admitted;
-- next
CREATE TRIGGER award_hands_stay BEFORE UPDATE ON award FOR EACH ROW EXECUTE FUNCTION hands_stay('proposed_by', 'approved_by', 'cancelled_by');
-- next
ALTER TABLE award ENABLE ALWAYS TRIGGER award_hands_stay;
-- next
CREATE TRIGGER award_nobody_approves_alone BEFORE INSERT OR UPDATE ON award FOR EACH ROW WHEN (NEW.proposed_by LIKE 'client%' AND NEW.approved_by IS NOT NULL) EXECUTE FUNCTION hands_differ('approved_by', 'proposed_by', 'nobody_approves_alone');
-- next
ALTER TABLE award ENABLE ALWAYS TRIGGER award_nobody_approves_alone;
-- next
CREATE TRIGGER award_nobody_judges_an_own_proposal BEFORE INSERT OR UPDATE ON award FOR EACH ROW WHEN (NEW.proposed_by LIKE 'client%' AND NEW.cancelled_by IS NOT NULL) EXECUTE FUNCTION hands_differ('cancelled_by', 'proposed_by', 'nobody_judges_an_own_proposal');
-- next
ALTER TABLE award ENABLE ALWAYS TRIGGER award_nobody_judges_an_own_proposal;
-- next
GRANT SELECT, INSERT, UPDATE ON award TO ecosystem_api;
-- next
CREATE FUNCTION award_begins_proposed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.state = 'proposed' AND NEW.version = 1) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'award_begins_proposed';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER award_begins_proposed BEFORE INSERT ON award FOR EACH ROW EXECUTE FUNCTION award_begins_proposed();
-- next
ALTER TABLE award ENABLE ALWAYS TRIGGER award_begins_proposed;
-- next
CREATE FUNCTION award_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'proposed published' THEN '{approved_at,approved_by,standstill_ends_at,challenge_ends_at}'
    WHEN 'proposed cancelled' THEN '{cancelled_at,cancelled_by,cancelled_reason}'
    WHEN 'published suspended' THEN '{}'
    WHEN 'published cancelled' THEN '{cancelled_at,cancelled_by,cancelled_reason,lapse}'
    WHEN 'suspended published' THEN '{}'
    WHEN 'suspended cancelled' THEN '{cancelled_at,cancelled_by,cancelled_reason,remedy,lapse}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
    OR ((OLD.state = 'suspended' AND NEW.state = 'published' AND EXISTS (
      SELECT FROM challenge WHERE challenge.authority_id = NEW.authority_id
        AND challenge.award_id = NEW.id AND challenge.state = 'open'))
    OR (OLD.state = 'published' AND NEW.state = 'cancelled' AND (NEW.lapse IS NULL OR CASE WHEN NEW.lapse = 'released'
      THEN (NEW.kind <> 'financing' OR NOT EXISTS (SELECT FROM evaluation
      CROSS JOIN json_array_elements(evaluation.contests) AS contest
      CROSS JOIN json_array_elements(contest->'ranking'->'ranked') AS offered
      WHERE evaluation.authority_id = NEW.authority_id AND evaluation.need_id = NEW.need_id
        AND contest->>'kind' IN ('delivery', 'advisory'))
      OR EXISTS (SELECT FROM award AS bought WHERE bought.authority_id = NEW.authority_id
        AND bought.need_id = NEW.need_id AND bought.kind IN ('delivery', 'advisory')
        AND bought.state <> 'cancelled')
      OR EXISTS (SELECT FROM evaluation
      CROSS JOIN json_array_elements(evaluation.contests) AS contest
      CROSS JOIN json_array_elements(contest->'ranking'->'ranked') AS offered
      WHERE evaluation.authority_id = NEW.authority_id AND evaluation.need_id = NEW.need_id
        AND contest->>'kind' IN ('delivery', 'advisory')
        AND evaluation.round = last_round(NEW.authority_id, NEW.need_id)
        AND NOT EXISTS (SELECT FROM lot_end WHERE lot_end.authority_id = NEW.authority_id
          AND lot_end.lot_id = contest->>'lot_id' AND lot_end.kind = contest->>'kind')
        AND NOT EXISTS (SELECT FROM award AS over WHERE over.authority_id = NEW.authority_id
          AND over.lot_id = contest->>'lot_id' AND over.kind IN ('delivery', 'advisory')
          AND over.remedy = 'cancellation')
        AND NOT EXISTS (SELECT FROM admission WHERE admission.authority_id = NEW.authority_id
          AND admission.offer_id = offered->>'offer_id'
          AND admission.round = (contest->>'round')::integer
          AND admission.ground IN ('abnormally_low', 'award_declined', 'contract_unsigned')))) ELSE (NEW.cancelled_at < OLD.standstill_ends_at
      OR EXISTS (SELECT FROM contract WHERE contract.authority_id = NEW.authority_id
        AND contract.need_id = NEW.need_id
        AND NEW.id IN (contract.award_id, contract.financing_award_id) AND contract.activated_at IS NOT NULL)
      OR (NEW.lapse = 'unsigned' AND NOT EXISTS (SELECT FROM contract WHERE contract.authority_id = NEW.authority_id
        AND contract.need_id = NEW.need_id
        AND NEW.id IN (contract.award_id, contract.financing_award_id) AND contract.state = 'draft'
        AND contract.sign_by <= NEW.cancelled_at AND contract.called_by <> NEW.cancelled_by))) END))
    OR (OLD.state = 'suspended' AND NEW.lapse IS NOT NULL
      AND (NEW.lapse <> 'released' OR (NEW.kind <> 'financing' OR NOT EXISTS (SELECT FROM evaluation
      CROSS JOIN json_array_elements(evaluation.contests) AS contest
      CROSS JOIN json_array_elements(contest->'ranking'->'ranked') AS offered
      WHERE evaluation.authority_id = NEW.authority_id AND evaluation.need_id = NEW.need_id
        AND contest->>'kind' IN ('delivery', 'advisory'))
      OR EXISTS (SELECT FROM award AS bought WHERE bought.authority_id = NEW.authority_id
        AND bought.need_id = NEW.need_id AND bought.kind IN ('delivery', 'advisory')
        AND bought.state <> 'cancelled')
      OR EXISTS (SELECT FROM evaluation
      CROSS JOIN json_array_elements(evaluation.contests) AS contest
      CROSS JOIN json_array_elements(contest->'ranking'->'ranked') AS offered
      WHERE evaluation.authority_id = NEW.authority_id AND evaluation.need_id = NEW.need_id
        AND contest->>'kind' IN ('delivery', 'advisory')
        AND evaluation.round = last_round(NEW.authority_id, NEW.need_id)
        AND NOT EXISTS (SELECT FROM lot_end WHERE lot_end.authority_id = NEW.authority_id
          AND lot_end.lot_id = contest->>'lot_id' AND lot_end.kind = contest->>'kind')
        AND NOT EXISTS (SELECT FROM award AS over WHERE over.authority_id = NEW.authority_id
          AND over.lot_id = contest->>'lot_id' AND over.kind IN ('delivery', 'advisory')
          AND over.remedy = 'cancellation')
        AND NOT EXISTS (SELECT FROM admission WHERE admission.authority_id = NEW.authority_id
          AND admission.offer_id = offered->>'offer_id'
          AND admission.round = (contest->>'round')::integer
          AND admission.ground IN ('abnormally_low', 'award_declined', 'contract_unsigned')))))))
  THEN
    RAISE EXCEPTION 'award % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'award_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER award_turns BEFORE UPDATE ON award FOR EACH ROW EXECUTE FUNCTION award_takes_its_turn();
-- next
ALTER TABLE award ENABLE ALWAYS TRIGGER award_turns;
-- next
CREATE FUNCTION what_is_awarded_is_not_given_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM award WHERE award.authority_id = NEW.authority_id
      AND award.need_id = NEW.id AND award.state IN ('published', 'suspended'))
  THEN
    RAISE EXCEPTION 'an award of need % stands', NEW.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_is_awarded_is_not_given_up';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER need_given_up BEFORE UPDATE OF state ON need
FOR EACH ROW WHEN (NEW.state IN ('cancelled', 'unsuccessful'))
EXECUTE FUNCTION what_is_awarded_is_not_given_up();
-- next
ALTER TABLE need ENABLE ALWAYS TRIGGER need_given_up;
-- next
CREATE FUNCTION nothing_is_awarded_after_its_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
    FOR KEY SHARE;
  IF EXISTS (SELECT FROM lot_end WHERE lot_end.authority_id = NEW.authority_id
      AND lot_end.lot_id = NEW.lot_id AND lot_end.kind = NEW.kind)
  THEN
    RAISE EXCEPTION 'lot % has ended without another award', NEW.lot_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'nothing_is_awarded_after_its_end';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER nothing_is_awarded_after_its_end BEFORE INSERT ON award FOR EACH ROW EXECUTE FUNCTION nothing_is_awarded_after_its_end();
-- next
ALTER TABLE award ENABLE ALWAYS TRIGGER nothing_is_awarded_after_its_end;
-- next
CREATE TRIGGER late_submission_stays BEFORE UPDATE OR DELETE ON late_submission FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER late_submission_stays_whole BEFORE TRUNCATE ON late_submission FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE late_submission ENABLE ALWAYS TRIGGER late_submission_stays;
-- next
ALTER TABLE late_submission ENABLE ALWAYS TRIGGER late_submission_stays_whole;
-- next
ALTER TABLE late_submission ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE late_submission FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY late_submission_seen ON late_submission USING (nullif(current_setting('app.organisation', true), '') = ANY (member_ids) OR (EXISTS (
    SELECT FROM opening WHERE opening.authority_id = late_submission.authority_id
      AND opening.need_id = late_submission.need_id) AND (authority_id = nullif(current_setting('app.authority', true), '')::integer OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%'))) OR current_setting('app.purpose', true) = 'opening');
-- next
GRANT SELECT, INSERT ON late_submission TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON membership TO ecosystem_api;
-- next
CREATE TRIGGER offer_departure_stays BEFORE UPDATE OR DELETE ON offer_departure FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER offer_departure_stays_whole BEFORE TRUNCATE ON offer_departure FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE offer_departure ENABLE ALWAYS TRIGGER offer_departure_stays;
-- next
ALTER TABLE offer_departure ENABLE ALWAYS TRIGGER offer_departure_stays_whole;
-- next
ALTER TABLE offer_departure ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE offer_departure FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY offer_departure_seen ON offer_departure USING (EXISTS (
    SELECT FROM offer WHERE offer.authority_id = offer_departure.authority_id
      AND offer.id = offer_departure.offer_id
      AND nullif(current_setting('app.organisation', true), '') = ANY (offer.member_ids)));
-- next
GRANT SELECT, INSERT ON offer_departure TO ecosystem_api;
-- next
ALTER TABLE offer_member ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE offer_member FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY offer_member_seen ON offer_member USING (EXISTS (
    SELECT FROM offer WHERE offer.authority_id = offer_member.authority_id
      AND offer.id = offer_member.offer_id));
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON offer_member TO ecosystem_api;
-- next
CREATE TRIGGER price_explanation_hands_stay BEFORE UPDATE ON price_explanation FOR EACH ROW EXECUTE FUNCTION hands_stay('asked_by', 'answered_by', 'decided_by');
-- next
ALTER TABLE price_explanation ENABLE ALWAYS TRIGGER price_explanation_hands_stay;
-- next
ALTER TABLE price_explanation ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE price_explanation FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY price_explanation_seen ON price_explanation USING (authority_id =
    nullif(current_setting('app.authority', true), '')::integer
  OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%') OR nullif(current_setting('app.organisation', true), '') = ANY (member_ids));
-- next
GRANT SELECT, INSERT, UPDATE ON price_explanation TO ecosystem_api;
-- next
CREATE FUNCTION price_explanation_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.version = 1 AND NEW.state = ANY ('{asked}'::text[]) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'explanation % begins as %', NEW.id, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'price_explanation_takes_its_turn';
  END IF;
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'asked answered' THEN '{answer,answered_by,answered_at}'
    WHEN 'asked accepted' THEN '{reasons,decided_by,decided_at}'
    WHEN 'asked rejected' THEN '{reasons,decided_by,decided_at}'
    WHEN 'answered accepted' THEN '{reasons,decided_by,decided_at}'
    WHEN 'answered rejected' THEN '{reasons,decided_by,decided_at}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
    OR (OLD.state = 'asked' AND NEW.decided_at < NEW.answer_by)
  THEN
    RAISE EXCEPTION 'explanation % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'price_explanation_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER price_explanation_turns BEFORE INSERT OR UPDATE ON price_explanation FOR EACH ROW EXECUTE FUNCTION price_explanation_takes_its_turn();
-- next
ALTER TABLE price_explanation ENABLE ALWAYS TRIGGER price_explanation_turns;
-- next
CREATE TRIGGER score_stays BEFORE UPDATE OR DELETE ON score FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER score_stays_whole BEFORE TRUNCATE ON score FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE score ENABLE ALWAYS TRIGGER score_stays;
-- next
ALTER TABLE score ENABLE ALWAYS TRIGGER score_stays_whole;
-- next
ALTER TABLE score ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE score FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY score_seen ON score USING (authority_id =
    nullif(current_setting('app.authority', true), '')::integer
  OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%')
  OR organisation_id = nullif(current_setting('app.organisation', true), '') OR EXISTS (
    SELECT FROM evaluator WHERE evaluator.authority_id = score.authority_id
      AND evaluator.need_id = score.need_id AND NOT evaluator.has_conflict
      AND evaluator.organisation_id = nullif(current_setting('app.organisation', true), '')));
-- next
GRANT SELECT, INSERT ON score TO ecosystem_api;
-- next
CREATE FUNCTION who_scores_has_no_part_in_it() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM evaluator WHERE authority_id = NEW.authority_id AND need_id = NEW.need_id
      AND person_id = NEW.person_id AND organisation_id = NEW.organisation_id
      AND NOT has_conflict)
  AND EXISTS (
    SELECT FROM offer WHERE authority_id = NEW.authority_id AND id = NEW.offer_id
      AND need_id = NEW.need_id AND state = 'admitted')
  AND NOT EXISTS (
    SELECT FROM offer WHERE authority_id = NEW.authority_id AND need_id = NEW.need_id
      AND state NOT IN ('draft', 'withdrawn') AND NEW.organisation_id = ANY (member_ids))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'who_scores_has_no_part_in_it';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER who_scores_has_no_part_in_it BEFORE INSERT ON score FOR EACH ROW EXECUTE FUNCTION who_scores_has_no_part_in_it();
-- next
ALTER TABLE score ENABLE ALWAYS TRIGGER who_scores_has_no_part_in_it;
-- next
CREATE FUNCTION frozen_scores_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.round > 1 OR NOT EXISTS (
    SELECT FROM score_freezing WHERE score_freezing.authority_id = NEW.authority_id
      AND score_freezing.need_id = NEW.need_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'frozen_scores_stay';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER frozen_scores_stay BEFORE INSERT ON score FOR EACH ROW EXECUTE FUNCTION frozen_scores_stay();
-- next
ALTER TABLE score ENABLE ALWAYS TRIGGER frozen_scores_stay;
-- next
CREATE TRIGGER substitution_hands_stay BEFORE UPDATE ON substitution FOR EACH ROW EXECUTE FUNCTION hands_stay('proposed_by', 'consented_by', 'approved_by', 'ended_by');
-- next
ALTER TABLE substitution ENABLE ALWAYS TRIGGER substitution_hands_stay;
-- next
CREATE TRIGGER substitution_nobody_approves_alone BEFORE INSERT OR UPDATE ON substitution FOR EACH ROW WHEN (NEW.proposed_by LIKE 'client%' AND NEW.approved_by IS NOT NULL) EXECUTE FUNCTION hands_differ('approved_by', 'proposed_by', 'nobody_approves_alone');
-- next
ALTER TABLE substitution ENABLE ALWAYS TRIGGER substitution_nobody_approves_alone;
-- next
CREATE TRIGGER substitution_nobody_approves_for_himself BEFORE INSERT OR UPDATE ON substitution FOR EACH ROW WHEN (NEW.consented_by LIKE 'client%' AND NEW.approved_by IS NOT NULL) EXECUTE FUNCTION hands_differ('approved_by', 'consented_by', 'nobody_approves_for_himself');
-- next
ALTER TABLE substitution ENABLE ALWAYS TRIGGER substitution_nobody_approves_for_himself;
-- next
CREATE TRIGGER substitution_one_takes_anothers_place BEFORE INSERT OR UPDATE ON substitution FOR EACH ROW WHEN (NEW.leaving_id LIKE 'client%' AND NEW.joining_id IS NOT NULL) EXECUTE FUNCTION hands_differ('joining_id', 'leaving_id', 'one_takes_anothers_place');
-- next
ALTER TABLE substitution ENABLE ALWAYS TRIGGER substitution_one_takes_anothers_place;
-- next
ALTER TABLE substitution ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE substitution FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY substitution_seen ON substitution USING (nullif(current_setting('app.organisation', true), '') = ANY (member_ids) OR authority_id = nullif(current_setting('app.authority', true), '')::integer OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%'));
-- next
GRANT SELECT, INSERT, UPDATE ON substitution TO ecosystem_api;
-- next
CREATE FUNCTION substitution_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.version = 1 AND NEW.state = ANY ('{proposed}'::text[]) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'substitution % begins as %', NEW.id, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'substitution_takes_its_turn';
  END IF;
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'proposed consented' THEN '{consented_by,consented_at}'
    WHEN 'consented approved' THEN '{approved_by,approved_at}'
    WHEN 'proposed rejected' THEN '{ended_by,ended_at,ended_reason}'
    WHEN 'consented rejected' THEN '{ended_by,ended_at,ended_reason}'
    WHEN 'proposed withdrawn' THEN '{ended_by,ended_at}'
    WHEN 'consented withdrawn' THEN '{ended_by,ended_at}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
  THEN
    RAISE EXCEPTION 'substitution % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'substitution_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER substitution_turns BEFORE INSERT OR UPDATE ON substitution FOR EACH ROW EXECUTE FUNCTION substitution_takes_its_turn();
-- next
ALTER TABLE substitution ENABLE ALWAYS TRIGGER substitution_turns;
-- next
ALTER TABLE webhook_delivery ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE webhook_delivery FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY webhook_delivery_seen ON webhook_delivery USING (
  organisation_id = nullif(current_setting('app.organisation', true), '')
  OR current_setting('app.purpose', true) = 'delivering'
);
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_delivery TO ecosystem_api;
-- next
CREATE FUNCTION webhook_delivery_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% % cannot go from % to %',
    TG_TABLE_NAME, NEW.id, coalesce(OLD.state, 'nothing'), NEW.state
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'webhook_delivery_takes_its_turn';
END $$;
-- next
CREATE TRIGGER webhook_delivery_begins BEFORE INSERT ON webhook_delivery FOR EACH ROW WHEN ((NEW.state IN ('pending')) IS NOT TRUE) EXECUTE FUNCTION webhook_delivery_takes_its_turn();
-- next
ALTER TABLE webhook_delivery ENABLE ALWAYS TRIGGER webhook_delivery_begins;
-- next
CREATE TRIGGER webhook_delivery_turns BEFORE UPDATE OF state ON webhook_delivery FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state AND OLD.state || ' ' || NEW.state NOT IN ('pending delivered', 'pending dead', 'dead pending')) EXECUTE FUNCTION webhook_delivery_takes_its_turn();
-- next
ALTER TABLE webhook_delivery ENABLE ALWAYS TRIGGER webhook_delivery_turns;
-- next
CREATE TRIGGER challenge_hands_stay BEFORE UPDATE ON challenge FOR EACH ROW EXECUTE FUNCTION hands_stay('lodged_by', 'withdrawn_by');
-- next
ALTER TABLE challenge ENABLE ALWAYS TRIGGER challenge_hands_stay;
-- next
GRANT SELECT, INSERT, UPDATE ON challenge TO ecosystem_api;
-- next
CREATE FUNCTION what_is_challenged_is_suspended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.state = 'open' AND NEW.version = 1 AND EXISTS (
    SELECT FROM award WHERE award.authority_id = NEW.authority_id AND award.id = NEW.award_id
      AND award.state = 'suspended' FOR SHARE)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_is_challenged_is_suspended';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER what_is_challenged_is_suspended BEFORE INSERT ON challenge FOR EACH ROW EXECUTE FUNCTION what_is_challenged_is_suspended();
-- next
ALTER TABLE challenge ENABLE ALWAYS TRIGGER what_is_challenged_is_suspended;
-- next
CREATE FUNCTION challenge_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'open open' THEN '{told_at}'
    WHEN 'open withdrawn' THEN '{withdrawn_by,withdrawn_at}'
    WHEN 'open upheld' THEN '{}'
    WHEN 'open rejected' THEN '{}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
    OR ((NEW.state = 'open' AND (OLD.told_at IS NOT NULL OR NEW.told_at IS NULL))
    OR NEW.state NOT IN ('open', 'withdrawn') AND NOT EXISTS (
      SELECT FROM challenge_decision AS decision WHERE decision.authority_id = NEW.authority_id
        AND decision.challenge_id = NEW.id AND decision.outcome = NEW.state))
  THEN
    RAISE EXCEPTION 'challenge % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'challenge_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER challenge_turns BEFORE UPDATE ON challenge FOR EACH ROW EXECUTE FUNCTION challenge_takes_its_turn();
-- next
ALTER TABLE challenge ENABLE ALWAYS TRIGGER challenge_turns;
-- next
GRANT SELECT, INSERT, UPDATE ON contract TO ecosystem_api;
-- next
CREATE FUNCTION a_contract_grows_from_final_awards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NOT EXISTS (
    SELECT FROM unnest(ARRAY[NEW.award_id, NEW.financing_award_id]) AS one
    WHERE one IS NOT NULL AND NOT EXISTS (
      SELECT FROM award WHERE award.authority_id = NEW.authority_id AND award.id = one
        AND award.state = 'published' AND award.standstill_ends_at <= NEW.drafted_at FOR SHARE))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_contract_grows_from_final_awards';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_contract_grows_from_final_awards BEFORE INSERT ON contract FOR EACH ROW EXECUTE FUNCTION a_contract_grows_from_final_awards();
-- next
ALTER TABLE contract ENABLE ALWAYS TRIGGER a_contract_grows_from_final_awards;
-- next
CREATE FUNCTION a_used_form_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NOT EXISTS (
    SELECT FROM standard_form AS kept
    WHERE kept.id = NEW.terms->'form'->>'id' AND kept.version = NEW.terms->'form'->>'version'
      AND kept.digest <> NEW.terms->'form'->>'digest')) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_used_form_stays';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_used_form_stays BEFORE INSERT ON contract FOR EACH ROW EXECUTE FUNCTION a_used_form_stays();
-- next
ALTER TABLE contract ENABLE ALWAYS TRIGGER a_used_form_stays;
-- next
CREATE FUNCTION contract_is_altered_by_what_was_signed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[] := CASE
    WHEN OLD.state = 'draft' AND NEW.state = 'draft' AND NEW.wording = OLD.wording
      AND OLD.sign_by IS NULL THEN '{version,sign_by,called_by}'
    WHEN OLD.state = 'draft' AND NEW.state = 'draft' AND NEW.wording = OLD.wording THEN
      '{version}'
    WHEN OLD.state = 'draft' AND NEW.state = 'draft' AND EXISTS (
      SELECT FROM contract_proposal AS proposal
      WHERE proposal.authority_id = NEW.authority_id AND proposal.contract_id = NEW.id
        AND proposal.state = 'accepted' AND proposal.wording = NEW.wording
        AND NEW.wording = OLD.wording + 1 AND proposal.base_digest = OLD.terms_digest
        AND proposal.terms_digest = NEW.terms_digest) AND NEW.sign_by IS NULL
      THEN '{version,wording,terms,terms_digest,sign_by,called_by}'
    WHEN OLD.state = 'draft' AND NEW.state = 'cancelled' AND EXISTS (
      SELECT FROM award WHERE award.authority_id = NEW.authority_id AND award.state = 'cancelled'
        AND award.id IN (NEW.award_id, NEW.financing_award_id)
        AND (award.lapse = 'declined' OR award.cancelled_by IS DISTINCT FROM OLD.called_by))
      THEN '{version,state,ended_at}'
    WHEN OLD.state = 'draft' AND NEW.state = 'active' AND NOT EXISTS (
      SELECT FROM contract_proposal AS proposal
      WHERE proposal.authority_id = NEW.authority_id AND proposal.contract_id = NEW.id
        AND proposal.state = 'proposed') AND NOT EXISTS (
      SELECT FROM contract_party AS party
      WHERE party.authority_id = NEW.authority_id AND party.contract_id = NEW.id
        AND NOT EXISTS (
          SELECT FROM contract_signature AS signed
          WHERE signed.authority_id = party.authority_id
            AND signed.contract_id = party.contract_id
            AND signed.organisation_id = party.organisation_id
            AND signed.wording = NEW.wording AND signed.digest = NEW.terms_digest))
      AND NOT EXISTS (
        SELECT FROM unnest(ARRAY[NEW.award_id, NEW.financing_award_id]) AS one
        WHERE one IS NOT NULL AND NOT EXISTS (
          SELECT FROM award WHERE award.authority_id = NEW.authority_id AND award.id = one
            AND award.state = 'published' FOR SHARE))
      AND NOT EXISTS (
      SELECT FROM contract_party AS party
      WHERE party.authority_id = NEW.authority_id AND party.contract_id = NEW.id AND NOT EXISTS (
        SELECT FROM contract_departure AS departure
        WHERE departure.authority_id = party.authority_id
          AND departure.contract_id = party.contract_id
          AND departure.organisation_id = party.organisation_id) GROUP BY party.role HAVING sum(party.share) <> 100)
    AND ARRAY(SELECT party.organisation_id FROM contract_party AS party
      WHERE party.authority_id = NEW.authority_id AND party.contract_id = NEW.id AND NOT EXISTS (
        SELECT FROM contract_departure AS departure
        WHERE departure.authority_id = party.authority_id
          AND departure.contract_id = party.contract_id
          AND departure.organisation_id = party.organisation_id) ORDER BY 1) = ARRAY(
      SELECT DISTINCT one->>'organisation_id' COLLATE "C"
      FROM json_array_elements(NEW.terms->'parties') AS one ORDER BY 1)
      THEN '{version,state,activated_at}'
    WHEN OLD.state = 'active' AND NEW.state = 'active' AND NEW.edition = OLD.edition THEN
      '{version}'
    WHEN OLD.state = 'active' AND NEW.state = 'active' AND EXISTS (
      SELECT FROM contract_change AS change
      WHERE change.authority_id = NEW.authority_id AND change.contract_id = NEW.id
        AND change.state = 'in_force' AND change.edition = NEW.edition
        AND NEW.edition = OLD.edition + 1 AND change.base_digest = OLD.terms_digest
        AND change.terms_digest = NEW.terms_digest AND change.price_after = NEW.price)
      AND NOT EXISTS (
      SELECT FROM contract_party AS party
      WHERE party.authority_id = NEW.authority_id AND party.contract_id = NEW.id AND NOT EXISTS (
        SELECT FROM contract_departure AS departure
        WHERE departure.authority_id = party.authority_id
          AND departure.contract_id = party.contract_id
          AND departure.organisation_id = party.organisation_id) GROUP BY party.role HAVING sum(party.share) <> 100)
    AND ARRAY(SELECT party.organisation_id FROM contract_party AS party
      WHERE party.authority_id = NEW.authority_id AND party.contract_id = NEW.id AND NOT EXISTS (
        SELECT FROM contract_departure AS departure
        WHERE departure.authority_id = party.authority_id
          AND departure.contract_id = party.contract_id
          AND departure.organisation_id = party.organisation_id) ORDER BY 1) = ARRAY(
      SELECT DISTINCT one->>'organisation_id' COLLATE "C"
      FROM json_array_elements(NEW.terms->'parties') AS one ORDER BY 1)
      THEN '{version,edition,terms,terms_digest,price,ends_on}'
    WHEN EXISTS (
      SELECT FROM contract_turn AS turn
      WHERE turn.authority_id = NEW.authority_id AND turn.contract_id = NEW.id
        AND turn.state = 'in_force' AND turn.ordinal = NEW.turns AND NEW.turns = OLD.turns + 1
        AND NEW.ends_on = OLD.ends_on + turn.moved_days
        AND OLD.state || ' ' || turn.kind || ' ' || NEW.state IN (
          'active suspension suspended', 'suspended resumption active',
          'active termination terminated', 'suspended termination terminated',
          'active completion completed'))
      THEN '{version,turns,state,suspended_at,ended_at,ends_on}'
    ELSE '{}'
  END;
BEGIN
  IF to_jsonb(NEW) - marks IS DISTINCT FROM to_jsonb(OLD) - marks THEN
    RAISE EXCEPTION 'nothing lets contract % be altered like this', OLD.id
      USING ERRCODE = 'restrict_violation',
        CONSTRAINT = 'contract_is_altered_by_what_was_signed';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER contract_is_guarded BEFORE UPDATE ON contract FOR EACH ROW EXECUTE FUNCTION contract_is_altered_by_what_was_signed();
-- next
ALTER TABLE contract ENABLE ALWAYS TRIGGER contract_is_guarded;
-- next
CREATE TRIGGER letter_stays BEFORE UPDATE OR DELETE ON letter FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER letter_stays_whole BEFORE TRUNCATE ON letter FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE letter ENABLE ALWAYS TRIGGER letter_stays;
-- next
ALTER TABLE letter ENABLE ALWAYS TRIGGER letter_stays_whole;
-- next
ALTER TABLE letter ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE letter FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY letter_seen ON letter USING (authority_id = nullif(current_setting('app.authority', true), '')::integer OR nullif(current_setting('app.organisation', true), '') = ANY (member_ids));
-- next
GRANT SELECT, INSERT ON letter TO ecosystem_api;
-- next
CREATE TRIGGER assessment_hands_stay BEFORE UPDATE ON assessment FOR EACH ROW EXECUTE FUNCTION hands_stay('opened_by', 'reviewed_by', 'published_by', 'replied_by');
-- next
ALTER TABLE assessment ENABLE ALWAYS TRIGGER assessment_hands_stay;
-- next
CREATE TRIGGER assessment_nobody_publishes_an_own_assessment BEFORE INSERT OR UPDATE ON assessment FOR EACH ROW WHEN (NEW.assessed_by LIKE 'client%' AND NEW.published_by IS NOT NULL) EXECUTE FUNCTION hands_differ('published_by', 'assessed_by', 'nobody_publishes_an_own_assessment');
-- next
ALTER TABLE assessment ENABLE ALWAYS TRIGGER assessment_nobody_publishes_an_own_assessment;
-- next
CREATE TRIGGER assessment_nobody_publishes_an_own_review BEFORE INSERT OR UPDATE ON assessment FOR EACH ROW WHEN (NEW.reviewed_by LIKE 'client%' AND NEW.published_by IS NOT NULL) EXECUTE FUNCTION hands_differ('published_by', 'reviewed_by', 'nobody_publishes_an_own_review');
-- next
ALTER TABLE assessment ENABLE ALWAYS TRIGGER assessment_nobody_publishes_an_own_review;
-- next
CREATE TRIGGER assessment_nobody_reviews_an_own_assessment BEFORE INSERT OR UPDATE ON assessment FOR EACH ROW WHEN (NEW.assessed_by LIKE 'client%' AND NEW.reviewed_by IS NOT NULL) EXECUTE FUNCTION hands_differ('reviewed_by', 'assessed_by', 'nobody_reviews_an_own_assessment');
-- next
ALTER TABLE assessment ENABLE ALWAYS TRIGGER assessment_nobody_reviews_an_own_assessment;
-- next
ALTER TABLE assessment ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE assessment FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY assessment_seen ON assessment USING (
  state = 'published'
  OR authority_id = nullif(current_setting('app.authority', true), '')::integer
  OR reviewer_id = nullif(current_setting('app.organisation', true), '')
  OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id
      AND jurisdiction.path LIKE '%/' || nullif(current_setting('app.oversees', true), '') || '/%'));
-- next
GRANT SELECT, INSERT, UPDATE ON assessment TO ecosystem_api;
-- next
CREATE FUNCTION an_assessment_is_reviewed_by_another_body() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (
  NEW.state = 'published' OR NEW.replied_at IS NOT NULL OR (
    EXISTS (
      SELECT FROM organisation AS one
      WHERE one.id = NEW.reviewer_id AND one.number <> NEW.authority_id)
    AND NOT EXISTS (
      SELECT FROM contract JOIN contract_party AS party
        ON party.authority_id = contract.authority_id AND party.contract_id = contract.id
      WHERE contract.authority_id = NEW.authority_id
        AND contract.programme_id = NEW.programme_id
        AND party.organisation_id = NEW.reviewer_id))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'an_assessment_is_reviewed_by_another_body';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER an_assessment_is_reviewed_by_another_body BEFORE INSERT OR UPDATE ON assessment FOR EACH ROW EXECUTE FUNCTION an_assessment_is_reviewed_by_another_body();
-- next
ALTER TABLE assessment ENABLE ALWAYS TRIGGER an_assessment_is_reviewed_by_another_body;
-- next
CREATE FUNCTION a_year_of_its_programme() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM programme WHERE programme.authority_id = NEW.authority_id
      AND programme.id = NEW.programme_id AND programme.fiscal_year <= NEW.fiscal_year)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_year_of_its_programme';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_year_of_its_programme BEFORE INSERT ON assessment FOR EACH ROW EXECUTE FUNCTION a_year_of_its_programme();
-- next
ALTER TABLE assessment ENABLE ALWAYS TRIGGER a_year_of_its_programme;
-- next
CREATE FUNCTION assessment_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.version = 1 AND NEW.state = ANY ('{opened}'::text[]) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'assessment % begins as %', NEW.id, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'assessment_takes_its_turn';
  END IF;
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'opened opened' THEN '{reviewer_id}'
    WHEN 'opened self_assessed' THEN '{scored,digest,points_min,points_max,grade,statement,assessed_by,assessed_at}'
    WHEN 'self_assessed self_assessed' THEN '{scored,digest,points_min,points_max,grade,reviewer_id,statement,assessed_by,assessed_at}'
    WHEN 'self_assessed reviewed' THEN '{scored,digest,points_min,points_max,grade,recommendation,review_reason,reviewed_by,reviewed_at}'
    WHEN 'reviewed published' THEN '{published_by,published_at}'
    WHEN 'reviewed reviewed' THEN '{reply,replied_by,replied_at}'
    WHEN 'published published' THEN '{reply,replied_by,replied_at}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
    OR (OLD.state = NEW.state AND OLD.replied_at IS NOT NULL)
  THEN
    RAISE EXCEPTION 'assessment % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'assessment_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER assessment_turns BEFORE INSERT OR UPDATE ON assessment FOR EACH ROW EXECUTE FUNCTION assessment_takes_its_turn();
-- next
ALTER TABLE assessment ENABLE ALWAYS TRIGGER assessment_turns;
-- next
CREATE TRIGGER calculation_stays BEFORE UPDATE OR DELETE ON calculation FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER calculation_stays_whole BEFORE TRUNCATE ON calculation FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE calculation ENABLE ALWAYS TRIGGER calculation_stays;
-- next
ALTER TABLE calculation ENABLE ALWAYS TRIGGER calculation_stays_whole;
-- next
CREATE FUNCTION calculation_is_shown(authority_id integer, contract_id text, late_payment text, division json)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (EXISTS (
    SELECT FROM contract_party WHERE contract_party.authority_id = calculation_is_shown.authority_id
      AND contract_party.contract_id = calculation_is_shown.contract_id AND contract_party.role <> 'lender'
      AND contract_party.organisation_id = nullif(current_setting('app.organisation', true), ''))
  OR EXISTS (
    SELECT FROM disclosure WHERE disclosure.authority_id = calculation_is_shown.authority_id
      AND disclosure.contract_id = calculation_is_shown.contract_id AND disclosure.lender_id = nullif(current_setting('app.organisation', true), '')
      AND disclosure.supplier_id = disclosure.supplier_id
      AND disclosure.revoked_at IS NULL AND 'calculations' = ANY (disclosure.scopes)
      AND disclosure.until_at > coalesce(to_timestamp(nullif(current_setting('app.now', true), '')::bigint), now()))
    AND (NOT EXISTS (
      SELECT FROM contract_party AS member WHERE member.authority_id = calculation_is_shown.authority_id
        AND member.contract_id = calculation_is_shown.contract_id AND member.role = 'supplier'
        AND (division IS NULL OR EXISTS (
          SELECT FROM json_array_elements(division) AS part
          WHERE part->>'organisation_id' = member.organisation_id))
        AND NOT EXISTS (
    SELECT FROM disclosure WHERE disclosure.authority_id = calculation_is_shown.authority_id
      AND disclosure.contract_id = calculation_is_shown.contract_id AND disclosure.lender_id = nullif(current_setting('app.organisation', true), '')
      AND disclosure.supplier_id = member.organisation_id
      AND disclosure.revoked_at IS NULL AND 'calculations' = ANY (disclosure.scopes)
      AND disclosure.until_at > coalesce(to_timestamp(nullif(current_setting('app.now', true), '')::bigint), now())))
      OR EXISTS (
        SELECT FROM payment AS late WHERE late.authority_id = calculation_is_shown.authority_id
          AND late.id = late_payment AND EXISTS (
    SELECT FROM disclosure WHERE disclosure.authority_id = calculation_is_shown.authority_id
      AND disclosure.contract_id = calculation_is_shown.contract_id AND disclosure.lender_id = nullif(current_setting('app.organisation', true), '')
      AND disclosure.supplier_id = late.payee_id
      AND disclosure.revoked_at IS NULL AND 'calculations' = ANY (disclosure.scopes)
      AND disclosure.until_at > coalesce(to_timestamp(nullif(current_setting('app.now', true), '')::bigint), now())))));
END $$;
-- next
ALTER TABLE calculation ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE calculation FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY calculation_seen ON calculation USING (authority_id = nullif(current_setting('app.authority', true), '')::integer OR current_setting('app.purpose', true) = 'calculation' OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id
      AND jurisdiction.path LIKE '%/' || nullif(current_setting('app.oversees', true), '') || '/%') OR calculation_is_shown(authority_id, contract_id, late_payment_id, document->'division'));
-- next
GRANT SELECT, INSERT ON calculation TO ecosystem_api;
-- next
CREATE TRIGGER challenge_decision_stays BEFORE UPDATE OR DELETE ON challenge_decision FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER challenge_decision_stays_whole BEFORE TRUNCATE ON challenge_decision FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE challenge_decision ENABLE ALWAYS TRIGGER challenge_decision_stays;
-- next
ALTER TABLE challenge_decision ENABLE ALWAYS TRIGGER challenge_decision_stays_whole;
-- next
GRANT SELECT, INSERT ON challenge_decision TO ecosystem_api;
-- next
CREATE FUNCTION who_decides_has_no_part_in_it() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = NEW.authority_id AND organisation.id <> NEW.organisation_id
      AND jurisdiction.path LIKE '%/' || (
        SELECT reviewing.jurisdiction FROM organisation AS reviewing
        WHERE reviewing.id = NEW.organisation_id AND reviewing.kind IN ('government', 'auditor')
      ) || '/%')
  AND EXISTS (
    SELECT FROM challenge JOIN opening ON opening.authority_id = challenge.authority_id
      AND opening.need_id = challenge.need_id
    WHERE challenge.authority_id = NEW.authority_id AND challenge.id = NEW.challenge_id
      AND NOT EXISTS (
        SELECT FROM json_array_elements(opening.record->'offers') AS one,
          json_array_elements_text(one->'member_ids') AS member
        WHERE member = NEW.organisation_id))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'who_decides_has_no_part_in_it';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER who_decides_has_no_part_in_it BEFORE INSERT ON challenge_decision FOR EACH ROW EXECUTE FUNCTION who_decides_has_no_part_in_it();
-- next
ALTER TABLE challenge_decision ENABLE ALWAYS TRIGGER who_decides_has_no_part_in_it;
-- next
CREATE FUNCTION who_decides_had_no_hand_in_it() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM challenge JOIN award ON award.authority_id = challenge.authority_id
      AND award.id = challenge.award_id
    WHERE challenge.authority_id = NEW.authority_id AND challenge.id = NEW.challenge_id
      AND NEW.decided_by NOT IN (
        challenge.lodged_by, award.proposed_by, coalesce(award.approved_by, '')))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'who_decides_had_no_hand_in_it';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER who_decides_had_no_hand_in_it BEFORE INSERT ON challenge_decision FOR EACH ROW EXECUTE FUNCTION who_decides_had_no_hand_in_it();
-- next
ALTER TABLE challenge_decision ENABLE ALWAYS TRIGGER who_decides_had_no_hand_in_it;
-- next
CREATE FUNCTION what_is_decided_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM challenge WHERE challenge.authority_id = NEW.authority_id
      AND challenge.id = NEW.challenge_id AND challenge.state = 'open' FOR SHARE)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_is_decided_is_open';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER what_is_decided_is_open BEFORE INSERT ON challenge_decision FOR EACH ROW EXECUTE FUNCTION what_is_decided_is_open();
-- next
ALTER TABLE challenge_decision ENABLE ALWAYS TRIGGER what_is_decided_is_open;
-- next
CREATE TRIGGER contract_change_hands_stay BEFORE UPDATE ON contract_change FOR EACH ROW EXECUTE FUNCTION hands_stay('approved_by', 'approved_at', 'replied_by', 'disputed_by');
-- next
ALTER TABLE contract_change ENABLE ALWAYS TRIGGER contract_change_hands_stay;
-- next
CREATE TRIGGER contract_change_another_approves BEFORE INSERT OR UPDATE ON contract_change FOR EACH ROW WHEN (NEW.proposed_by LIKE 'client%' AND NEW.approved_by IS NOT NULL) EXECUTE FUNCTION hands_differ('approved_by', 'proposed_by', 'another_approves');
-- next
ALTER TABLE contract_change ENABLE ALWAYS TRIGGER contract_change_another_approves;
-- next
GRANT SELECT, INSERT, UPDATE ON contract_change TO ecosystem_api;
-- next
CREATE FUNCTION contract_change_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'proposed proposed' THEN '{approved_by,approved_at,reply,replied_by,replied_at,dispute,disputed_by,disputed_at}'
    WHEN 'in_force in_force' THEN '{dispute,disputed_by,disputed_at}'
    WHEN 'proposed in_force' THEN '{ended_at}'
    WHEN 'proposed withdrawn' THEN '{ended_at,ended_by,ended_reason}'
    WHEN 'proposed rejected' THEN '{ended_at,ended_by,ended_reason}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
    OR (NEW.state = 'in_force' AND EXISTS (
      SELECT FROM unnest(NEW.signers) AS signer WHERE NOT EXISTS (
        SELECT FROM contract_change_signature AS signed
        WHERE signed.authority_id = NEW.authority_id AND signed.change_id = NEW.id
          AND signed.organisation_id = signer AND signed.digest = NEW.terms_digest)))
  THEN
    RAISE EXCEPTION 'change % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_change_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER contract_change_turns BEFORE UPDATE ON contract_change FOR EACH ROW EXECUTE FUNCTION contract_change_takes_its_turn();
-- next
ALTER TABLE contract_change ENABLE ALWAYS TRIGGER contract_change_turns;
-- next
CREATE FUNCTION contract_change_begins_proposed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.state = 'proposed' AND NEW.version = 1) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_change_begins_proposed';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER contract_change_begins_proposed BEFORE INSERT ON contract_change FOR EACH ROW EXECUTE FUNCTION contract_change_begins_proposed();
-- next
ALTER TABLE contract_change ENABLE ALWAYS TRIGGER contract_change_begins_proposed;
-- next
CREATE FUNCTION a_change_is_signed_by_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NOT EXISTS (
    SELECT FROM contract_party AS party
    WHERE party.authority_id = NEW.authority_id AND party.contract_id = NEW.contract_id
      AND party.organisation_id IS DISTINCT FROM NEW.excluded_id
      AND party.organisation_id <> ALL (NEW.signers) AND NOT EXISTS (
        SELECT FROM contract_departure AS departure
        WHERE departure.authority_id = party.authority_id
          AND departure.contract_id = party.contract_id
          AND departure.organisation_id = party.organisation_id))
  AND NOT EXISTS (
    SELECT FROM json_array_elements(NEW.terms->'parties') AS party
    WHERE party->>'organisation_id' <> ALL (NEW.signers))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_change_is_signed_by_all';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_change_is_signed_by_all BEFORE INSERT ON contract_change FOR EACH ROW EXECUTE FUNCTION a_change_is_signed_by_all();
-- next
ALTER TABLE contract_change ENABLE ALWAYS TRIGGER a_change_is_signed_by_all;
-- next
CREATE FUNCTION members_exclude_their_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.excluded_id IS NULL OR NEW.side = 'authority' OR EXISTS (
    SELECT FROM contract CROSS JOIN json_array_elements(contract.terms->'parties') AS party
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND party->>'organisation_id' = NEW.excluded_id AND party->>'role' = 'supplier'
      AND (party->>'lead')::boolean)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'members_exclude_their_lead';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER members_exclude_their_lead BEFORE INSERT ON contract_change FOR EACH ROW EXECUTE FUNCTION members_exclude_their_lead();
-- next
ALTER TABLE contract_change ENABLE ALWAYS TRIGGER members_exclude_their_lead;
-- next
CREATE FUNCTION a_consortium_has_one_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NOT EXISTS (
    SELECT FROM json_array_elements(NEW.terms->'consortia') AS place WHERE 1 <> (
      SELECT count(*) FROM json_array_elements(NEW.terms->'parties') AS party
      WHERE party->>'role' = place->>'role' AND (party->>'lead')::boolean))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_consortium_has_one_lead';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_consortium_has_one_lead BEFORE INSERT ON contract_change FOR EACH ROW EXECUTE FUNCTION a_consortium_has_one_lead();
-- next
ALTER TABLE contract_change ENABLE ALWAYS TRIGGER a_consortium_has_one_lead;
-- next
CREATE TRIGGER contract_keeping_stays BEFORE UPDATE OR DELETE ON contract_keeping FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER contract_keeping_stays_whole BEFORE TRUNCATE ON contract_keeping FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE contract_keeping ENABLE ALWAYS TRIGGER contract_keeping_stays;
-- next
ALTER TABLE contract_keeping ENABLE ALWAYS TRIGGER contract_keeping_stays_whole;
-- next
GRANT SELECT, INSERT ON contract_keeping TO ecosystem_api;
-- next
CREATE FUNCTION what_has_ended_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM contract
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND contract.state IN ('completed', 'terminated', 'cancelled')
      AND NEW.ended_on >= (contract.ended_at AT TIME ZONE 'UTC')::date - 1)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_has_ended_is_kept';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER what_has_ended_is_kept BEFORE INSERT ON contract_keeping FOR EACH ROW EXECUTE FUNCTION what_has_ended_is_kept();
-- next
ALTER TABLE contract_keeping ENABLE ALWAYS TRIGGER what_has_ended_is_kept;
-- next
CREATE TRIGGER contract_party_stays BEFORE UPDATE OR DELETE ON contract_party FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER contract_party_stays_whole BEFORE TRUNCATE ON contract_party FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE contract_party ENABLE ALWAYS TRIGGER contract_party_stays;
-- next
ALTER TABLE contract_party ENABLE ALWAYS TRIGGER contract_party_stays_whole;
-- next
GRANT SELECT, INSERT ON contract_party TO ecosystem_api;
-- next
CREATE FUNCTION a_party_joins_by_draft_or_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM contract
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND contract.state = 'draft')
  OR EXISTS (
    SELECT FROM contract_change AS change
      CROSS JOIN json_array_elements(change.terms->'parties') AS party
    WHERE change.authority_id = NEW.authority_id AND change.contract_id = NEW.contract_id
      AND change.state = 'in_force' AND change.approved_by IS NOT NULL
      AND party->>'organisation_id' = NEW.organisation_id AND party->>'role' = NEW.role)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_party_joins_by_draft_or_change';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_party_joins_by_draft_or_change BEFORE INSERT ON contract_party FOR EACH ROW EXECUTE FUNCTION a_party_joins_by_draft_or_change();
-- next
ALTER TABLE contract_party ENABLE ALWAYS TRIGGER a_party_joins_by_draft_or_change;
-- next
GRANT SELECT, INSERT, UPDATE ON contract_proposal TO ecosystem_api;
-- next
CREATE FUNCTION contract_proposal_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'proposed proposed' THEN '{}'
    WHEN 'proposed accepted' THEN '{ended_at,ended_by}'
    WHEN 'proposed answered' THEN '{ended_at,ended_by}'
    WHEN 'proposed rejected' THEN '{ended_at,ended_by,ended_reason}'
    WHEN 'proposed withdrawn' THEN '{ended_at,ended_by,ended_reason}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
  THEN
    RAISE EXCEPTION 'proposal % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_proposal_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER contract_proposal_turns BEFORE UPDATE ON contract_proposal FOR EACH ROW EXECUTE FUNCTION contract_proposal_takes_its_turn();
-- next
ALTER TABLE contract_proposal ENABLE ALWAYS TRIGGER contract_proposal_turns;
-- next
CREATE FUNCTION contract_proposal_is_of_the_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.state = 'proposed' AND NEW.version = 1 AND EXISTS (
    SELECT FROM contract
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND contract.state = 'draft' AND contract.terms_digest = NEW.base_digest
      AND contract.wording + 1 = NEW.wording
      AND (NEW.side <> 'authority' OR contract.sign_by IS NULL) FOR SHARE)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_proposal_is_of_the_draft';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER contract_proposal_is_of_the_draft BEFORE INSERT ON contract_proposal FOR EACH ROW EXECUTE FUNCTION contract_proposal_is_of_the_draft();
-- next
ALTER TABLE contract_proposal ENABLE ALWAYS TRIGGER contract_proposal_is_of_the_draft;
-- next
CREATE TRIGGER disclosure_hands_stay BEFORE UPDATE ON disclosure FOR EACH ROW EXECUTE FUNCTION hands_stay('given_by', 'revoked_by');
-- next
ALTER TABLE disclosure ENABLE ALWAYS TRIGGER disclosure_hands_stay;
-- next
ALTER TABLE disclosure ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE disclosure FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY disclosure_seen ON disclosure USING (supplier_id = nullif(current_setting('app.organisation', true), '') OR lender_id = nullif(current_setting('app.organisation', true), '') OR authority_id = nullif(current_setting('app.authority', true), '')::integer OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%'));
-- next
GRANT SELECT, INSERT, UPDATE ON disclosure TO ecosystem_api;
-- next
CREATE FUNCTION disclosure_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.version = 1 AND NEW.state = ANY ('{given}'::text[]) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'disclosure % begins as %', NEW.id, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'disclosure_takes_its_turn';
  END IF;
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'given revoked' THEN '{revoked_at,revoked_by}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
  THEN
    RAISE EXCEPTION 'disclosure % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'disclosure_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER disclosure_turns BEFORE INSERT OR UPDATE ON disclosure FOR EACH ROW EXECUTE FUNCTION disclosure_takes_its_turn();
-- next
ALTER TABLE disclosure ENABLE ALWAYS TRIGGER disclosure_turns;
-- next
CREATE FUNCTION everyone_discloses(
  of_authority integer, of_contract text, to_lender text, what text, moment timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT NOT EXISTS (
    SELECT FROM contract_party AS member
    WHERE member.authority_id = of_authority AND member.contract_id = of_contract
      AND member.role = 'supplier' AND NOT EXISTS (
        SELECT FROM contract_departure AS gone
        WHERE gone.authority_id = of_authority AND gone.contract_id = of_contract
          AND gone.organisation_id = member.organisation_id)
      AND NOT EXISTS (
        SELECT FROM disclosure
        WHERE disclosure.authority_id = of_authority AND disclosure.contract_id = of_contract
          AND disclosure.supplier_id = member.organisation_id
          AND disclosure.lender_id = to_lender AND disclosure.revoked_at IS NULL
          AND what = ANY (disclosure.scopes) AND disclosure.until_at > moment))
$$;
-- next
CREATE FUNCTION a_supplier_discloses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM contract_party WHERE contract_party.authority_id = NEW.authority_id
      AND contract_party.contract_id = NEW.contract_id AND contract_party.role = 'supplier'
      AND contract_party.organisation_id = NEW.supplier_id)
  AND (NOT NEW.scopes && ARRAY['milestones', 'observations'] OR NOT EXISTS (
    SELECT FROM contract_departure AS gone WHERE gone.authority_id = NEW.authority_id
      AND gone.contract_id = NEW.contract_id AND gone.organisation_id = NEW.supplier_id))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_supplier_discloses';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_supplier_discloses BEFORE INSERT ON disclosure FOR EACH ROW EXECUTE FUNCTION a_supplier_discloses();
-- next
ALTER TABLE disclosure ENABLE ALWAYS TRIGGER a_supplier_discloses;
-- next
CREATE TRIGGER document_stays BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER document_stays_whole BEFORE TRUNCATE ON document FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE document ENABLE ALWAYS TRIGGER document_stays;
-- next
ALTER TABLE document ENABLE ALWAYS TRIGGER document_stays_whole;
-- next
ALTER TABLE document ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE document FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY document_seen ON document USING (
  authority_id = nullif(current_setting('app.authority', true), '')::integer
  OR EXISTS (
    SELECT FROM contract_party
    WHERE contract_party.authority_id = document.authority_id
      AND contract_party.contract_id = document.contract_id
      AND contract_party.organisation_id = nullif(current_setting('app.organisation', true), '')
  )
  OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%'
  )
  OR current_setting('app.purpose', true) = 'expiring'
);
-- next
GRANT SELECT, INSERT ON document TO ecosystem_api;
-- next
CREATE TRIGGER facility_hands_stay BEFORE UPDATE ON facility FOR EACH ROW EXECUTE FUNCTION hands_stay('offered_by', 'agreed_by');
-- next
ALTER TABLE facility ENABLE ALWAYS TRIGGER facility_hands_stay;
-- next
CREATE TRIGGER facility_nobody_agrees_to_an_own_offer BEFORE INSERT OR UPDATE ON facility FOR EACH ROW WHEN (NEW.offered_by LIKE 'client%' AND NEW.agreed_by IS NOT NULL) EXECUTE FUNCTION hands_differ('agreed_by', 'offered_by', 'nobody_agrees_to_an_own_offer');
-- next
ALTER TABLE facility ENABLE ALWAYS TRIGGER facility_nobody_agrees_to_an_own_offer;
-- next
CREATE TRIGGER facility_nobody_lends_to_itself BEFORE INSERT OR UPDATE ON facility FOR EACH ROW WHEN (NEW.lender_id LIKE 'client%' AND NEW.borrower_id IS NOT NULL) EXECUTE FUNCTION hands_differ('borrower_id', 'lender_id', 'nobody_lends_to_itself');
-- next
ALTER TABLE facility ENABLE ALWAYS TRIGGER facility_nobody_lends_to_itself;
-- next
ALTER TABLE facility ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE facility FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY facility_seen ON facility USING (lender_id = nullif(current_setting('app.organisation', true), '') OR borrower_id = nullif(current_setting('app.organisation', true), '') OR authority_id = nullif(current_setting('app.authority', true), '')::integer OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%') OR current_setting('app.purpose', true) = 'calculation');
-- next
GRANT SELECT, INSERT, UPDATE ON facility TO ecosystem_api;
-- next
CREATE FUNCTION facility_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.version = 1 AND NEW.state = ANY ('{offered,agreed}'::text[]) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'facility % begins as %', NEW.id, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'facility_takes_its_turn';
  END IF;
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'offered agreed' THEN '{agreed_at,agreed_by}'
    WHEN 'offered refused' THEN '{refused_at,refused_by,refused_reason}'
    WHEN 'agreed closed' THEN '{closed_at,closed_by}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
  THEN
    RAISE EXCEPTION 'facility % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'facility_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER facility_turns BEFORE INSERT OR UPDATE ON facility FOR EACH ROW EXECUTE FUNCTION facility_takes_its_turn();
-- next
ALTER TABLE facility ENABLE ALWAYS TRIGGER facility_turns;
-- next
CREATE FUNCTION what_is_agreed_was_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.award_id IS NULL AND NEW.state = 'offered' OR EXISTS (
    SELECT FROM contract JOIN award ON award.authority_id = contract.authority_id
      AND award.id = contract.financing_award_id
    JOIN award AS supply ON supply.authority_id = contract.authority_id
      AND supply.id = contract.award_id
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND award.id = NEW.award_id
      AND NEW.lender_id = (
        SELECT party->>'organisation_id'
        FROM json_array_elements(contract.terms->'parties') AS party
        WHERE party->>'role' = 'lender'
        ORDER BY coalesce((party->>'lead')::boolean, false) DESC LIMIT 1)
      AND contract.activated_at IS NOT NULL
      AND (NEW.state = 'offered' OR supply.lead_id = NEW.borrower_id
        AND award.lead_id = NEW.lender_id))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_is_agreed_was_signed';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER what_is_agreed_was_signed BEFORE INSERT ON facility FOR EACH ROW EXECUTE FUNCTION what_is_agreed_was_signed();
-- next
ALTER TABLE facility ENABLE ALWAYS TRIGGER what_is_agreed_was_signed;
-- next
CREATE FUNCTION who_borrows_is_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM contract_party WHERE contract_party.authority_id = NEW.authority_id
      AND contract_party.contract_id = NEW.contract_id AND contract_party.role = 'supplier'
      AND contract_party.organisation_id = NEW.borrower_id) AND NOT EXISTS (
    SELECT FROM contract_departure AS gone WHERE gone.authority_id = NEW.authority_id
      AND gone.contract_id = NEW.contract_id AND gone.organisation_id = NEW.borrower_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'who_borrows_is_paid';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER who_borrows_is_paid BEFORE INSERT ON facility FOR EACH ROW EXECUTE FUNCTION who_borrows_is_paid();
-- next
ALTER TABLE facility ENABLE ALWAYS TRIGGER who_borrows_is_paid;
-- next
CREATE TRIGGER finding_hands_stay BEFORE UPDATE ON finding FOR EACH ROW EXECUTE FUNCTION hands_stay('written_by', 'concluded_by', 'followed_up_by');
-- next
ALTER TABLE finding ENABLE ALWAYS TRIGGER finding_hands_stay;
-- next
GRANT SELECT, INSERT, UPDATE ON finding TO ecosystem_api;
-- next
CREATE FUNCTION who_finds_oversees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = NEW.authority_id
      AND jurisdiction.path LIKE '%/' || (
        SELECT auditing.jurisdiction FROM organisation AS auditing
        WHERE auditing.id = NEW.organisation_id AND auditing.kind = 'auditor'
          AND auditing.state = 'verified') || '/%')
  AND NEW.state = 'open' AND NEW.version = 1
  AND CASE split_part(NEW.object_id, '_', 1)
    WHEN 'contract' THEN NEW.object_id = NEW.contract_id
    WHEN 'milestone' THEN EXISTS (
      SELECT FROM milestone AS one WHERE one.authority_id = NEW.authority_id
        AND one.id = NEW.object_id AND one.contract_id = NEW.contract_id)
    WHEN 'metric' THEN EXISTS (
      SELECT FROM metric AS one WHERE one.authority_id = NEW.authority_id
        AND one.id = NEW.object_id AND one.contract_id = NEW.contract_id)
    WHEN 'observation' THEN EXISTS (
      SELECT FROM observation AS one WHERE one.authority_id = NEW.authority_id
        AND one.id = NEW.object_id AND one.contract_id = NEW.contract_id)
    WHEN 'document' THEN EXISTS (
      SELECT FROM document AS one WHERE one.authority_id = NEW.authority_id
        AND one.id = NEW.object_id AND one.contract_id = NEW.contract_id)
    ELSE false END) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'who_finds_oversees';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER who_finds_oversees BEFORE INSERT ON finding FOR EACH ROW EXECUTE FUNCTION who_finds_oversees();
-- next
ALTER TABLE finding ENABLE ALWAYS TRIGGER who_finds_oversees;
-- next
CREATE FUNCTION finding_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'open open' THEN '{}'
    WHEN 'open concluded' THEN '{outcome,reasons,concluded_by,concluded_at,follow_up_on}'
    WHEN 'concluded concluded' THEN '{}'
    WHEN 'concluded followed_up' THEN '{is_remedied,follow_up,followed_up_by,followed_up_at}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
    OR (CASE OLD.state || ' ' || NEW.state
      WHEN 'open open' THEN false
      WHEN 'open concluded' THEN NEW.concluded_at < NEW.reply_by AND NOT EXISTS (
        SELECT FROM finding_reply AS one WHERE one.authority_id = NEW.authority_id
          AND one.finding_id = NEW.id)
      ELSE OLD.follow_up_on IS NULL END)
  THEN
    RAISE EXCEPTION 'finding % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'finding_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER finding_turns BEFORE UPDATE ON finding FOR EACH ROW EXECUTE FUNCTION finding_takes_its_turn();
-- next
ALTER TABLE finding ENABLE ALWAYS TRIGGER finding_turns;
-- next
GRANT SELECT, INSERT, UPDATE ON metric TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE ON milestone TO ecosystem_api;
-- next
CREATE FUNCTION milestone_follows_its_rounds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sound boolean := CASE
    WHEN NEW.version <> OLD.version + 1 THEN false
    WHEN OLD.state <> 'submitted' AND NEW.state = 'submitted' THEN
      OLD.state <> 'accepted' AND NEW.round = OLD.round + 1
      AND EXISTS (
        SELECT FROM milestone_submission AS one
        WHERE one.authority_id = NEW.authority_id AND one.milestone_id = NEW.id
          AND one.round = NEW.round AND one.delivered_at = NEW.delivered_at)
    WHEN OLD.state = 'submitted' AND NEW.state <> 'submitted' THEN
      NEW.round = OLD.round
      AND EXISTS (
        SELECT FROM milestone_judgement AS one
        WHERE one.authority_id = NEW.authority_id AND one.milestone_id = NEW.id
          AND one.round = NEW.round AND one.outcome = NEW.state)
    WHEN NEW.state = 'cancelled' THEN
      OLD.state IN ('planned', 'rejected', 'partly_accepted') AND NEW.round = OLD.round
    ELSE NEW.state = OLD.state AND NEW.round = OLD.round
  END
  AND NEW.accepted_share = (
    SELECT coalesce(sum(one.share), 0) FROM milestone_judgement AS one
    WHERE one.authority_id = NEW.authority_id AND one.milestone_id = NEW.id);
BEGIN
  IF sound IS NOT TRUE THEN
    RAISE EXCEPTION 'milestone % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'milestone_follows_its_rounds';
  END IF;
  RETURN NULL;
END $$;
-- next
CREATE TRIGGER milestone_follows_its_rounds AFTER UPDATE ON milestone FOR EACH ROW EXECUTE FUNCTION milestone_follows_its_rounds();
-- next
ALTER TABLE milestone ENABLE ALWAYS TRIGGER milestone_follows_its_rounds;
-- next
CREATE FUNCTION milestone_stays_as_accepted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'accepted' AND (
    NEW.state, NEW.code, NEW.kind, NEW.title::text, NEW.due_at, NEW.evidence_asked::text,
    NEW.metrics::text, NEW.acceptance_days
  ) IS DISTINCT FROM (
    OLD.state, OLD.code, OLD.kind, OLD.title::text, OLD.due_at, OLD.evidence_asked::text,
    OLD.metrics::text, OLD.acceptance_days)
  THEN
    RAISE EXCEPTION 'milestone % is accepted', OLD.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'milestone_stays_as_accepted';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER milestone_stays BEFORE UPDATE ON milestone FOR EACH ROW EXECUTE FUNCTION milestone_stays_as_accepted();
-- next
ALTER TABLE milestone ENABLE ALWAYS TRIGGER milestone_stays;
-- next
GRANT SELECT ON payee_total TO ecosystem_api;
-- next
CREATE FUNCTION what_is_divided_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.kind = 'interest' AND NEW.document->'division' IS NULL
  OR NEW.kind = 'outcome' AND (NEW.document->'division' IS NULL OR NEW.total = (
    SELECT sum((part->>'amount')::numeric)
    FROM json_array_elements(NEW.document->'division') AS part))
  AND (NEW.supersedes IS NULL OR EXISTS (
    SELECT FROM calculation AS made
    WHERE made.authority_id = NEW.authority_id AND made.id = NEW.supersedes))
  AND (
    SELECT json_agg(json_build_array(part->>'organisation_id', part->>'share'))::text
    FROM json_array_elements(NEW.document->'division') AS part) IS NOT DISTINCT FROM
    CASE WHEN NEW.supersedes IS NULL THEN (
    SELECT json_agg(json_build_array(part->>'organisation_id', part->>'share'))::text
    FROM json_array_elements((
    SELECT place->'shares' FROM contract
    CROSS JOIN json_array_elements(contract.terms->'consortia') AS place
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND place->>'role' = 'supplier')) AS part)
    ELSE (
    SELECT json_agg(json_build_array(part->>'organisation_id', part->>'share'))::text
    FROM json_array_elements((
    SELECT made.document->'division' FROM calculation AS made
    WHERE made.authority_id = NEW.authority_id AND made.id = NEW.supersedes)) AS part) END) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_is_divided_adds_up';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER what_is_divided_adds_up BEFORE INSERT ON calculation FOR EACH ROW EXECUTE FUNCTION what_is_divided_adds_up();
-- next
ALTER TABLE calculation ENABLE ALWAYS TRIGGER what_is_divided_adds_up;
-- next
CREATE FUNCTION payment_is_a_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM calculation AS made
    WHERE made.authority_id = NEW.authority_id AND made.id = NEW.calculation_id
      AND CASE WHEN made.document->'division' IS NOT NULL THEN EXISTS (
          SELECT FROM json_array_elements(made.document->'division') AS part
          WHERE part->>'organisation_id' = NEW.payee_id)
        ELSE EXISTS (
          SELECT FROM contract_party WHERE contract_party.authority_id = NEW.authority_id
            AND contract_party.contract_id = NEW.contract_id
            AND contract_party.organisation_id = NEW.payee_id
            AND contract_party.role = 'supplier') END)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_is_a_members';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER payment_is_a_members BEFORE INSERT ON payment FOR EACH ROW WHEN (NEW.kind = 'outcome') EXECUTE FUNCTION payment_is_a_members();
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_is_a_members;
-- next
CREATE FUNCTION interest_goes_to_the_late_payee() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM calculation AS made JOIN payment AS late
      ON late.authority_id = made.authority_id AND late.id = made.late_payment_id
    WHERE made.authority_id = NEW.authority_id AND made.id = NEW.calculation_id
      AND late.payee_id = NEW.payee_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'interest_goes_to_the_late_payee';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER interest_goes_to_the_late_payee BEFORE INSERT ON payment FOR EACH ROW WHEN (NEW.kind = 'interest') EXECUTE FUNCTION interest_goes_to_the_late_payee();
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER interest_goes_to_the_late_payee;
-- next
CREATE FUNCTION what_is_approved_is_earned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (coalesce((
    SELECT greatest(total.owed - coalesce(total.earned, (
    SELECT coalesce(sum(made.total), 0) FROM calculation AS made
    WHERE made.authority_id = total.authority_id AND made.contract_id = total.contract_id
      AND made.kind = 'outcome' AND NOT EXISTS (
        SELECT FROM calculation AS later WHERE later.authority_id = made.authority_id
          AND later.supersedes = made.id)
  ) - (
    SELECT coalesce(sum(gone.amount - gone.payable), 0) FROM payment_dispute AS gone
    WHERE gone.authority_id = total.authority_id AND gone.contract_id = total.contract_id
      AND gone.payable IS NOT NULL)), 0)
    FROM payee_total AS total
    WHERE total.authority_id = NEW.authority_id AND total.contract_id = NEW.contract_id
      AND total.payee_id = NEW.payee_id), 0) = 0) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_is_approved_is_earned';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER what_is_approved_is_earned BEFORE INSERT OR UPDATE ON payment FOR EACH ROW WHEN (NEW.state = 'approved' AND NEW.kind <> 'interest') EXECUTE FUNCTION what_is_approved_is_earned();
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER what_is_approved_is_earned;
-- next
CREATE FUNCTION payee_earns() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO public.payee_total AS total (authority_id, contract_id, payee_id, earned, owed)
  SELECT NEW.authority_id, NEW.contract_id, part.organisation_id, sum(part.amount), 0
  FROM (
    SELECT said.organisation_id, said.amount
    FROM json_to_recordset(NEW.document->'division') AS said(organisation_id text, amount numeric)
    UNION ALL
    SELECT said.organisation_id, -said.amount
    FROM public.calculation AS made CROSS JOIN json_to_recordset(made.document->'division')
      AS said(organisation_id text, amount numeric)
    WHERE made.authority_id = NEW.authority_id AND made.id = NEW.supersedes
  ) AS part GROUP BY part.organisation_id
  ON CONFLICT (authority_id, contract_id, payee_id)
  DO UPDATE SET earned = coalesce(total.earned, 0) + EXCLUDED.earned;
  RETURN NULL;
END $$;
-- next
REVOKE EXECUTE ON FUNCTION payee_earns FROM PUBLIC;
-- next
CREATE TRIGGER calculation_payee_earns AFTER INSERT ON calculation FOR EACH ROW WHEN (NEW.kind = 'outcome' AND NEW.document->'division' IS NOT NULL) EXECUTE FUNCTION payee_earns();
-- next
ALTER TABLE calculation ENABLE ALWAYS TRIGGER calculation_payee_earns;
-- next
CREATE FUNCTION payee_forgoes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE public.payee_total SET earned = earned - (NEW.amount - NEW.payable)
  WHERE authority_id = NEW.authority_id AND contract_id = NEW.contract_id
    AND payee_id = NEW.payee_id;
  RETURN NULL;
END $$;
-- next
REVOKE EXECUTE ON FUNCTION payee_forgoes FROM PUBLIC;
-- next
CREATE TRIGGER payment_dispute_payee_forgoes AFTER UPDATE ON payment_dispute FOR EACH ROW WHEN (OLD.payable IS NULL AND NEW.payable IS NOT NULL) EXECUTE FUNCTION payee_forgoes();
-- next
ALTER TABLE payment_dispute ENABLE ALWAYS TRIGGER payment_dispute_payee_forgoes;
-- next
CREATE FUNCTION payee_is_owed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  more numeric := CASE WHEN NEW.state = 'rejected' THEN 0 ELSE NEW.amount - NEW.taken_back END;
  now_owed numeric;
  has_earned numeric;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.state <> 'rejected' THEN
    more := more - OLD.amount + OLD.taken_back;
  END IF;
  IF more = 0 OR NEW.kind = 'interest' THEN
    RETURN NULL;
  END IF;
  INSERT INTO public.payee_total (authority_id, contract_id, payee_id, owed)
  VALUES (NEW.authority_id, NEW.contract_id, NEW.payee_id, 0)
  ON CONFLICT DO NOTHING;
  UPDATE public.payee_total SET owed = owed + more
  WHERE authority_id = NEW.authority_id AND contract_id = NEW.contract_id
    AND payee_id = NEW.payee_id
  RETURNING owed, earned INTO now_owed, has_earned;
  IF TG_OP = 'INSERT' AND now_owed > has_earned AND (
    SELECT coalesce(sum(made.amount), 0) FROM public.payment AS made
    WHERE made.authority_id = NEW.authority_id AND made.contract_id = NEW.contract_id
      AND made.payee_id = NEW.payee_id AND made.computed_at = NEW.computed_at
  ) > (
    SELECT coalesce(sum(gone.taken_back), 0) FROM public.payment AS gone
    WHERE gone.authority_id = NEW.authority_id AND gone.contract_id = NEW.contract_id
      AND gone.payee_id = NEW.payee_id AND gone.reversed_at = NEW.computed_at
  ) THEN
    RAISE EXCEPTION 'payment % is more than its payee has earned', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'no_member_is_owed_more_than_it_earned';
  END IF;
  RETURN NULL;
END $$;
-- next
REVOKE EXECUTE ON FUNCTION payee_is_owed FROM PUBLIC;
-- next
CREATE TRIGGER payment_payee_is_owed AFTER INSERT OR UPDATE ON payment FOR EACH ROW EXECUTE FUNCTION payee_is_owed();
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_payee_is_owed;
-- next
GRANT SELECT ON payment_total TO ecosystem_api;
-- next
GRANT SELECT, INSERT, UPDATE ON release_day TO ecosystem_api;
-- next
CREATE FUNCTION release_day_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% % cannot go from % to %',
    TG_TABLE_NAME, NEW.id, coalesce(OLD.state, 'nothing'), NEW.state
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'release_day_takes_its_turn';
END $$;
-- next
CREATE TRIGGER release_day_begins BEFORE INSERT ON release_day FOR EACH ROW WHEN ((NEW.state IN ('ahead')) IS NOT TRUE) EXECUTE FUNCTION release_day_takes_its_turn();
-- next
ALTER TABLE release_day ENABLE ALWAYS TRIGGER release_day_begins;
-- next
CREATE TRIGGER release_day_turns BEFORE UPDATE OF state ON release_day FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state AND OLD.state || ' ' || NEW.state NOT IN ('ahead calculated', 'ahead dropped', 'dropped ahead')) EXECUTE FUNCTION release_day_takes_its_turn();
-- next
ALTER TABLE release_day ENABLE ALWAYS TRIGGER release_day_turns;
-- next
CREATE FUNCTION a_day_of_release_has_come() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NOT EXISTS (
    SELECT FROM json_array_elements_text(NEW.document->'facts'->'days') AS day
    WHERE day::date > (NEW.recorded_at AT TIME ZONE 'UTC')::date AND NOT EXISTS (
      SELECT FROM calculation AS made
      CROSS JOIN json_array_elements_text(made.document->'facts'->'days') AS come
      WHERE made.authority_id = NEW.authority_id AND made.id = NEW.supersedes AND come = day))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_day_of_release_has_come';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_day_of_release_has_come BEFORE INSERT ON calculation FOR EACH ROW WHEN (json_array_length(NEW.document->'facts'->'days') > 0) EXECUTE FUNCTION a_day_of_release_has_come();
-- next
ALTER TABLE calculation ENABLE ALWAYS TRIGGER a_day_of_release_has_come;
-- next
ALTER TABLE right_to_end ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE right_to_end FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY right_to_end_seen ON right_to_end USING (
  authority_id = nullif(current_setting('app.authority', true), '')::integer
  OR EXISTS (
    SELECT FROM contract_party
    WHERE contract_party.authority_id = right_to_end.authority_id
      AND contract_party.contract_id = right_to_end.contract_id
      AND contract_party.organisation_id = nullif(current_setting('app.organisation', true), '')
  )
  OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%'
  )
  OR current_setting('app.purpose', true) = 'calculation'
);
-- next
GRANT SELECT, INSERT, UPDATE ON right_to_end TO ecosystem_api;
-- next
CREATE FUNCTION right_to_end_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.version = 1 AND NEW.state = ANY ('{standing}'::text[]) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'right % begins as %', NEW.id, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'right_to_end_takes_its_turn';
  END IF;
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'standing lapsed' THEN '{lapsed_at,lapsed_with}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
  THEN
    RAISE EXCEPTION 'right % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'right_to_end_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER right_to_end_turns BEFORE INSERT OR UPDATE ON right_to_end FOR EACH ROW EXECUTE FUNCTION right_to_end_takes_its_turn();
-- next
ALTER TABLE right_to_end ENABLE ALWAYS TRIGGER right_to_end_turns;
-- next
CREATE FUNCTION a_right_follows_a_calculation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM calculation
    WHERE calculation.authority_id = NEW.authority_id
      AND calculation.contract_id = NEW.contract_id
      AND calculation.id = coalesce(NEW.lapsed_with, NEW.calculation_id))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_right_follows_a_calculation';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_right_follows_a_calculation BEFORE INSERT OR UPDATE ON right_to_end FOR EACH ROW EXECUTE FUNCTION a_right_follows_a_calculation();
-- next
ALTER TABLE right_to_end ENABLE ALWAYS TRIGGER a_right_follows_a_calculation;
-- next
ALTER TABLE shortfall ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE shortfall FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY shortfall_seen ON shortfall USING (authority_id = nullif(current_setting('app.authority', true), '')::integer OR EXISTS (
    SELECT FROM contract_party WHERE contract_party.authority_id = shortfall.authority_id
      AND contract_party.contract_id = shortfall.contract_id
      AND contract_party.role = 'supplier'
      AND contract_party.organisation_id = nullif(current_setting('app.organisation', true), '')) OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id
      AND jurisdiction.path LIKE '%/' || nullif(current_setting('app.oversees', true), '') || '/%') OR current_setting('app.purpose', true) = 'calculation');
-- next
GRANT SELECT, INSERT, UPDATE ON shortfall TO ecosystem_api;
-- next
CREATE FUNCTION shortfall_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.version = 1 AND NEW.state = ANY ('{waiting}'::text[]) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'shortfall % begins as %', NEW.id, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'shortfall_takes_its_turn';
  END IF;
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'waiting covered' THEN '{ended_at}'
    WHEN 'waiting lapsed' THEN '{ended_at}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
  THEN
    RAISE EXCEPTION 'shortfall % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'shortfall_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER shortfall_turns BEFORE INSERT OR UPDATE ON shortfall FOR EACH ROW EXECUTE FUNCTION shortfall_takes_its_turn();
-- next
ALTER TABLE shortfall ENABLE ALWAYS TRIGGER shortfall_turns;
-- next
CREATE FUNCTION a_shortfall_follows_an_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM contract WHERE contract.authority_id = NEW.authority_id
      AND contract.id = NEW.contract_id AND contract.programme_id = NEW.programme_id
      AND contract.currency = NEW.currency AND contract.ended_at <= NEW.arose_at
      AND NEW.amount <= contract.price)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_shortfall_follows_an_end';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_shortfall_follows_an_end BEFORE INSERT ON shortfall FOR EACH ROW EXECUTE FUNCTION a_shortfall_follows_an_end();
-- next
ALTER TABLE shortfall ENABLE ALWAYS TRIGGER a_shortfall_follows_an_end;
-- next
CREATE FUNCTION what_is_bound_anew_was_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NOT EXISTS (
    SELECT FROM contract WHERE contract.authority_id = NEW.authority_id
      AND contract.id = NEW.reference AND contract.ended_at IS NOT NULL
      AND contract.price < NEW.amount + (
        SELECT coalesce(sum(account.credits - account.debits), 0) FROM ledger_account AS account
        WHERE account.authority_id = NEW.authority_id AND account.owner_ref = NEW.reference
          AND account.currency = NEW.currency))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_is_bound_anew_was_signed';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER what_is_bound_anew_was_signed BEFORE INSERT ON transfer FOR EACH ROW WHEN (NEW.act = 'raise') EXECUTE FUNCTION what_is_bound_anew_was_signed();
-- next
ALTER TABLE transfer ENABLE ALWAYS TRIGGER what_is_bound_anew_was_signed;
-- next
CREATE TRIGGER assignment_hands_stay BEFORE UPDATE ON assignment FOR EACH ROW EXECUTE FUNCTION hands_stay('notified_by', 'acknowledged_by');
-- next
ALTER TABLE assignment ENABLE ALWAYS TRIGGER assignment_hands_stay;
-- next
CREATE TRIGGER assignment_nobody_acknowledges_an_own_notice BEFORE INSERT OR UPDATE ON assignment FOR EACH ROW WHEN (NEW.notified_by LIKE 'client%' AND NEW.acknowledged_by IS NOT NULL) EXECUTE FUNCTION hands_differ('acknowledged_by', 'notified_by', 'nobody_acknowledges_an_own_notice');
-- next
ALTER TABLE assignment ENABLE ALWAYS TRIGGER assignment_nobody_acknowledges_an_own_notice;
-- next
ALTER TABLE assignment ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE assignment FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY assignment_seen ON assignment USING (assignor_id = nullif(current_setting('app.organisation', true), '') OR assignee_id = nullif(current_setting('app.organisation', true), '') OR authority_id = nullif(current_setting('app.authority', true), '')::integer OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%'));
-- next
GRANT SELECT, INSERT, UPDATE ON assignment TO ecosystem_api;
-- next
CREATE FUNCTION assignment_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.version = 1 AND NEW.state = ANY ('{notified}'::text[]) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'assignment % begins as %', NEW.id, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'assignment_takes_its_turn';
  END IF;
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'notified acknowledged' THEN '{acknowledged_at,acknowledged_by}'
    WHEN 'notified refused' THEN '{ended_at,ended_by,reason}'
    WHEN 'notified released' THEN '{ended_at,ended_by,reason}'
    WHEN 'acknowledged released' THEN '{ended_at,ended_by,reason}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
  THEN
    RAISE EXCEPTION 'assignment % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'assignment_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER assignment_turns BEFORE INSERT OR UPDATE ON assignment FOR EACH ROW EXECUTE FUNCTION assignment_takes_its_turn();
-- next
ALTER TABLE assignment ENABLE ALWAYS TRIGGER assignment_turns;
-- next
CREATE FUNCTION an_assignment_secures_a_facility() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM facility WHERE facility.authority_id = NEW.authority_id
      AND facility.id = NEW.facility_id AND facility.contract_id = NEW.contract_id
      AND facility.borrower_id = NEW.assignor_id AND facility.lender_id = NEW.assignee_id
      AND facility.state = 'agreed' FOR SHARE)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'an_assignment_secures_a_facility';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER an_assignment_secures_a_facility BEFORE INSERT ON assignment FOR EACH ROW EXECUTE FUNCTION an_assignment_secures_a_facility();
-- next
ALTER TABLE assignment ENABLE ALWAYS TRIGGER an_assignment_secures_a_facility;
-- next
CREATE TRIGGER calculation_dispute_stays BEFORE UPDATE OR DELETE ON calculation_dispute FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER calculation_dispute_stays_whole BEFORE TRUNCATE ON calculation_dispute FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE calculation_dispute ENABLE ALWAYS TRIGGER calculation_dispute_stays;
-- next
ALTER TABLE calculation_dispute ENABLE ALWAYS TRIGGER calculation_dispute_stays_whole;
-- next
ALTER TABLE calculation_dispute ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE calculation_dispute FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY calculation_dispute_seen ON calculation_dispute USING (EXISTS (SELECT FROM calculation AS made WHERE made.authority_id = calculation_dispute.authority_id AND made.id = calculation_dispute.calculation_id));
-- next
GRANT SELECT, INSERT ON calculation_dispute TO ecosystem_api;
-- next
CREATE FUNCTION what_is_held_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.amount = (SELECT sum(held.amount) FROM payment_dispute AS held
    WHERE held.authority_id = NEW.authority_id AND held.opened_at = NEW.opened_at
      AND held.disputed_calculation_id = NEW.calculation_id AND held.currency = NEW.currency) AND (EXISTS (
    SELECT FROM organisation
    WHERE organisation.number = NEW.authority_id AND organisation.id = NEW.opened_for) OR EXISTS (
    SELECT FROM contract CROSS JOIN json_array_elements(contract.terms->'parties') AS party
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND party->>'organisation_id' = NEW.opened_for AND party->>'role' = 'supplier'
      AND (party->>'lead')::boolean))
  AND NOT EXISTS (
    SELECT FROM calculation AS made
    CROSS JOIN json_to_recordset(made.document->'division')
      AS part(organisation_id text, share numeric)
    WHERE made.authority_id = NEW.authority_id AND made.id = NEW.calculation_id
      AND abs(NEW.amount * part.share / 100 - coalesce(
        (SELECT sum(held.amount) FROM payment_dispute AS held
    WHERE held.authority_id = NEW.authority_id AND held.opened_at = NEW.opened_at
      AND held.disputed_calculation_id = NEW.calculation_id AND held.currency = NEW.currency AND held.payee_id = part.organisation_id), 0))
        >= power(10::numeric, -currency_places(NEW.currency)))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_is_held_adds_up';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER what_is_held_adds_up BEFORE INSERT ON calculation_dispute FOR EACH ROW EXECUTE FUNCTION what_is_held_adds_up();
-- next
ALTER TABLE calculation_dispute ENABLE ALWAYS TRIGGER what_is_held_adds_up;
-- next
CREATE TRIGGER contract_change_signature_stays BEFORE UPDATE OR DELETE ON contract_change_signature FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER contract_change_signature_stays_whole BEFORE TRUNCATE ON contract_change_signature FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE contract_change_signature ENABLE ALWAYS TRIGGER contract_change_signature_stays;
-- next
ALTER TABLE contract_change_signature ENABLE ALWAYS TRIGGER contract_change_signature_stays_whole;
-- next
GRANT SELECT, INSERT ON contract_change_signature TO ecosystem_api;
-- next
CREATE FUNCTION a_change_is_signed_by_its_signers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM contract_change AS change
    WHERE change.authority_id = NEW.authority_id AND change.id = NEW.change_id
      AND change.state = 'proposed' AND change.terms_digest = NEW.digest
      AND NEW.organisation_id = ANY (change.signers) AND change.proposed_by <> NEW.person_id
      AND (NOT change.needs_approval OR change.approved_by IS NOT NULL))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_change_is_signed_by_its_signers';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_change_is_signed_by_its_signers BEFORE INSERT ON contract_change_signature FOR EACH ROW EXECUTE FUNCTION a_change_is_signed_by_its_signers();
-- next
ALTER TABLE contract_change_signature ENABLE ALWAYS TRIGGER a_change_is_signed_by_its_signers;
-- next
CREATE TRIGGER contract_departure_stays BEFORE UPDATE OR DELETE ON contract_departure FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER contract_departure_stays_whole BEFORE TRUNCATE ON contract_departure FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE contract_departure ENABLE ALWAYS TRIGGER contract_departure_stays;
-- next
ALTER TABLE contract_departure ENABLE ALWAYS TRIGGER contract_departure_stays_whole;
-- next
GRANT SELECT, INSERT ON contract_departure TO ecosystem_api;
-- next
CREATE FUNCTION a_party_leaves_by_a_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM contract_change AS change
    WHERE change.authority_id = NEW.authority_id AND change.id = NEW.change_id
      AND change.contract_id = NEW.contract_id AND change.state = 'in_force'
      AND change.edition = NEW.edition AND change.approved_by IS NOT NULL AND NOT EXISTS (
        SELECT FROM json_array_elements(change.terms->'parties') AS party
        WHERE party->>'organisation_id' = NEW.organisation_id))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_party_leaves_by_a_change';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_party_leaves_by_a_change BEFORE INSERT ON contract_departure FOR EACH ROW EXECUTE FUNCTION a_party_leaves_by_a_change();
-- next
ALTER TABLE contract_departure ENABLE ALWAYS TRIGGER a_party_leaves_by_a_change;
-- next
CREATE TRIGGER contract_signature_stays BEFORE UPDATE OR DELETE ON contract_signature FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER contract_signature_stays_whole BEFORE TRUNCATE ON contract_signature FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE contract_signature ENABLE ALWAYS TRIGGER contract_signature_stays;
-- next
ALTER TABLE contract_signature ENABLE ALWAYS TRIGGER contract_signature_stays_whole;
-- next
GRANT SELECT, INSERT ON contract_signature TO ecosystem_api;
-- next
CREATE FUNCTION a_draft_is_signed_as_worded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM contract
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND contract.state = 'draft' AND contract.wording = NEW.wording
      AND contract.terms_digest = NEW.digest AND NOT EXISTS (
        SELECT FROM contract_proposal AS proposal
        WHERE proposal.authority_id = contract.authority_id
          AND proposal.contract_id = contract.id AND proposal.state = 'proposed'))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_draft_is_signed_as_worded';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_draft_is_signed_as_worded BEFORE INSERT ON contract_signature FOR EACH ROW EXECUTE FUNCTION a_draft_is_signed_as_worded();
-- next
ALTER TABLE contract_signature ENABLE ALWAYS TRIGGER a_draft_is_signed_as_worded;
-- next
CREATE TRIGGER contract_turn_hands_stay BEFORE UPDATE ON contract_turn FOR EACH ROW EXECUTE FUNCTION hands_stay('replied_by');
-- next
ALTER TABLE contract_turn ENABLE ALWAYS TRIGGER contract_turn_hands_stay;
-- next
CREATE TRIGGER contract_turn_nobody_replies_to_oneself BEFORE INSERT OR UPDATE ON contract_turn FOR EACH ROW WHEN (NEW.proposed_by LIKE 'client%' AND NEW.replied_by IS NOT NULL) EXECUTE FUNCTION hands_differ('replied_by', 'proposed_by', 'nobody_replies_to_oneself');
-- next
ALTER TABLE contract_turn ENABLE ALWAYS TRIGGER contract_turn_nobody_replies_to_oneself;
-- next
GRANT SELECT, INSERT, UPDATE ON contract_turn TO ecosystem_api;
-- next
CREATE FUNCTION contract_turn_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'proposed proposed' THEN '{reply,replied_by,replied_at}'
    WHEN 'proposed in_force' THEN '{ended_at,ended_by,moved_days,ordinal}'
    WHEN 'proposed withdrawn' THEN '{ended_at,ended_by}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
  THEN
    RAISE EXCEPTION 'turn % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_turn_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER contract_turn_turns BEFORE UPDATE ON contract_turn FOR EACH ROW EXECUTE FUNCTION contract_turn_takes_its_turn();
-- next
ALTER TABLE contract_turn ENABLE ALWAYS TRIGGER contract_turn_turns;
-- next
CREATE FUNCTION contract_turn_begins_proposed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.state = 'proposed' AND NEW.version = 1) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_turn_begins_proposed';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER contract_turn_begins_proposed BEFORE INSERT ON contract_turn FOR EACH ROW EXECUTE FUNCTION contract_turn_begins_proposed();
-- next
ALTER TABLE contract_turn ENABLE ALWAYS TRIGGER contract_turn_begins_proposed;
-- next
CREATE FUNCTION a_termination_rests_on_what_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.right_id IS NULL OR NEW.state = 'withdrawn'
  OR (NEW.state = 'proposed' AND TG_OP = 'UPDATE') OR EXISTS (
    SELECT FROM right_to_end AS held
    WHERE held.authority_id = NEW.authority_id AND held.id = NEW.right_id
      AND held.contract_id = NEW.contract_id AND held.rule = NEW.ground
      AND held.holder IN ('either', NEW.side) AND held.state = 'standing')) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_termination_rests_on_what_stands';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_termination_rests_on_what_stands BEFORE INSERT OR UPDATE ON contract_turn FOR EACH ROW EXECUTE FUNCTION a_termination_rests_on_what_stands();
-- next
ALTER TABLE contract_turn ENABLE ALWAYS TRIGGER a_termination_rests_on_what_stands;
-- next
CREATE TRIGGER deduction_notice_nobody_decides_an_own_deduction BEFORE INSERT OR UPDATE ON deduction_notice FOR EACH ROW WHEN (NEW.announced_by LIKE 'client%' AND NEW.decided_by IS NOT NULL) EXECUTE FUNCTION hands_differ('decided_by', 'announced_by', 'nobody_decides_an_own_deduction');
-- next
ALTER TABLE deduction_notice ENABLE ALWAYS TRIGGER deduction_notice_nobody_decides_an_own_deduction;
-- next
ALTER TABLE deduction_notice ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE deduction_notice FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY deduction_notice_seen ON deduction_notice USING (EXISTS (
    SELECT FROM json_array_elements(parts) AS part
    WHERE part->>'organisation_id' = nullif(current_setting('app.organisation', true), '')) OR authority_id = nullif(current_setting('app.authority', true), '')::integer OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id
      AND jurisdiction.path LIKE '%/' || nullif(current_setting('app.oversees', true), '') || '/%') OR current_setting('app.purpose', true) = 'calculation');
-- next
GRANT SELECT, INSERT, UPDATE ON deduction_notice TO ecosystem_api;
-- next
CREATE FUNCTION deduction_is_of_a_calculation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.state = 'announced' AND NEW.version = 1 AND NEW.amount = (
    SELECT -sum((line->>'amount')::numeric)
    FROM calculation CROSS JOIN json_array_elements(calculation.document->'lines') AS line
    WHERE calculation.authority_id = NEW.authority_id
      AND calculation.id = NEW.calculation_id AND line->>'stage' = 'deductions')) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'deduction_is_of_a_calculation';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER deduction_is_of_a_calculation BEFORE INSERT ON deduction_notice FOR EACH ROW EXECUTE FUNCTION deduction_is_of_a_calculation();
-- next
ALTER TABLE deduction_notice ENABLE ALWAYS TRIGGER deduction_is_of_a_calculation;
-- next
CREATE FUNCTION deduction_parts_are_its_payees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (json_array_length(NEW.parts) = (
    SELECT coalesce(json_array_length(calculation.document->'division'), 1)
    FROM calculation WHERE calculation.authority_id = NEW.authority_id
      AND calculation.id = NEW.calculation_id)
  AND json_array_length(NEW.parts) = (
    SELECT count(DISTINCT falls.organisation_id)
    FROM json_array_elements(NEW.parts) AS part JOIN (
      SELECT member->>'organisation_id' AS organisation_id, -sum(part.amount::numeric) AS amount
      FROM calculation CROSS JOIN json_array_elements(calculation.document->'division') AS member
      CROSS JOIN json_array_elements_text(member->'lines') WITH ORDINALITY AS part(amount, place)
      CROSS JOIN json_array_elements(calculation.document->'lines') WITH ORDINALITY
        AS line(said, place)
      WHERE calculation.authority_id = NEW.authority_id
      AND calculation.id = NEW.calculation_id AND part.place = line.place AND line.said->>'stage' = 'deductions'
      GROUP BY member->>'organisation_id'
      UNION ALL
      SELECT party.organisation_id, NEW.amount FROM calculation JOIN contract_party AS party
        ON party.authority_id = calculation.authority_id
        AND party.contract_id = calculation.contract_id AND party.role = 'supplier'
      WHERE calculation.authority_id = NEW.authority_id
      AND calculation.id = NEW.calculation_id AND calculation.document->'division' IS NULL
    ) AS falls ON falls.organisation_id = part->>'organisation_id'
      AND falls.amount = (part->>'amount')::numeric)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'deduction_parts_are_its_payees';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER deduction_parts_are_its_payees BEFORE INSERT ON deduction_notice FOR EACH ROW EXECUTE FUNCTION deduction_parts_are_its_payees();
-- next
ALTER TABLE deduction_notice ENABLE ALWAYS TRIGGER deduction_parts_are_its_payees;
-- next
CREATE FUNCTION what_is_dropped_is_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF ((
    SELECT count(*) FROM json_array_elements(NEW.document->'facts'->'reliefs')) = (
    SELECT count(*) FROM json_array_elements(NEW.document->'facts'->'reliefs') AS relief
    JOIN deduction_notice AS notice ON notice.authority_id = NEW.authority_id
      AND notice.id = relief->>'id' AND notice.contract_id = NEW.contract_id
      AND notice.ordinal = NEW.ordinal AND notice.state = 'decided'
      AND notice.amount - notice.kept = (relief->>'amount')::numeric)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_is_dropped_is_decided';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER what_is_dropped_is_decided BEFORE INSERT ON calculation FOR EACH ROW WHEN (json_array_length(NEW.document->'facts'->'reliefs') > 0) EXECUTE FUNCTION what_is_dropped_is_decided();
-- next
ALTER TABLE calculation ENABLE ALWAYS TRIGGER what_is_dropped_is_decided;
-- next
CREATE FUNCTION deduction_notice_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'announced replied' THEN '{}'
    WHEN 'replied replied' THEN '{}'
    WHEN 'replied decided' THEN '{kept,reasons,answers,decided_by,decided_at}'
    WHEN 'announced superseded' THEN '{}'
    WHEN 'replied superseded' THEN '{}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
    OR (NEW.state = 'replied' AND NOT EXISTS (SELECT FROM deduction_reply AS said
      WHERE said.authority_id = NEW.authority_id AND said.deduction_id = NEW.id)
    OR NEW.state = 'decided' AND (
      EXISTS (SELECT FROM deduction_reply AS said
      WHERE said.authority_id = NEW.authority_id AND said.deduction_id = NEW.id AND said.replied_by = NEW.decided_by)
      OR NEW.decided_at < NEW.reply_ends_at AND EXISTS (
        SELECT FROM json_array_elements(NEW.parts) AS part
        WHERE (part->>'amount')::numeric > 0 AND NOT EXISTS (
          SELECT FROM deduction_reply AS said
      WHERE said.authority_id = NEW.authority_id AND said.deduction_id = NEW.id AND said.organisation_id = part->>'organisation_id'))
      OR json_array_length(NEW.parts) > 1 AND EXISTS (SELECT FROM deduction_reply AS said
      WHERE said.authority_id = NEW.authority_id AND said.deduction_id = NEW.id AND NOT EXISTS (
        SELECT FROM json_array_elements(NEW.answers) AS answer
        WHERE answer->>'organisation_id' = said.organisation_id))))
  THEN
    RAISE EXCEPTION 'deduction % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'deduction_notice_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER deduction_notice_turns BEFORE UPDATE ON deduction_notice FOR EACH ROW EXECUTE FUNCTION deduction_notice_takes_its_turn();
-- next
ALTER TABLE deduction_notice ENABLE ALWAYS TRIGGER deduction_notice_turns;
-- next
CREATE TRIGGER document_expiry_hands_stay BEFORE UPDATE ON document_expiry FOR EACH ROW EXECUTE FUNCTION hands_stay('authority_id', 'document_id', 'contract_id', 'sha256', 'expired_at', 'erased_at');
-- next
ALTER TABLE document_expiry ENABLE ALWAYS TRIGGER document_expiry_hands_stay;
-- next
ALTER TABLE document_expiry ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE document_expiry FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY document_expiry_seen ON document_expiry USING (
  authority_id = nullif(current_setting('app.authority', true), '')::integer
  OR EXISTS (
    SELECT FROM contract_party
    WHERE contract_party.authority_id = document_expiry.authority_id
      AND contract_party.contract_id = document_expiry.contract_id
      AND contract_party.organisation_id = nullif(current_setting('app.organisation', true), '')
  )
  OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%'
  )
  OR current_setting('app.purpose', true) = 'expiring'
);
-- next
GRANT SELECT, INSERT, UPDATE ON document_expiry TO ecosystem_api;
-- next
CREATE FUNCTION documents_are_kept_their_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM contract_keeping
    WHERE contract_keeping.authority_id = NEW.authority_id
      AND contract_keeping.contract_id = NEW.contract_id
      AND contract_keeping.kept_until < (NEW.expired_at AT TIME ZONE 'UTC')::date - 1)
  AND EXISTS (
    SELECT FROM document
    WHERE document.authority_id = NEW.authority_id AND document.id = NEW.document_id
      AND document.sha256 = NEW.sha256)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'documents_are_kept_their_time';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER documents_are_kept_their_time BEFORE INSERT ON document_expiry FOR EACH ROW EXECUTE FUNCTION documents_are_kept_their_time();
-- next
ALTER TABLE document_expiry ENABLE ALWAYS TRIGGER documents_are_kept_their_time;
-- next
CREATE TRIGGER drawdown_hands_stay BEFORE UPDATE ON drawdown FOR EACH ROW EXECUTE FUNCTION hands_stay('requested_by', 'approved_by', 'disbursed_by');
-- next
ALTER TABLE drawdown ENABLE ALWAYS TRIGGER drawdown_hands_stay;
-- next
CREATE TRIGGER drawdown_nobody_approves_an_own_drawdown BEFORE INSERT OR UPDATE ON drawdown FOR EACH ROW WHEN (NEW.requested_by LIKE 'client%' AND NEW.approved_by IS NOT NULL) EXECUTE FUNCTION hands_differ('approved_by', 'requested_by', 'nobody_approves_an_own_drawdown');
-- next
ALTER TABLE drawdown ENABLE ALWAYS TRIGGER drawdown_nobody_approves_an_own_drawdown;
-- next
CREATE TRIGGER drawdown_nobody_disburses_an_own_approval BEFORE INSERT OR UPDATE ON drawdown FOR EACH ROW WHEN (NEW.approved_by LIKE 'client%' AND NEW.disbursed_by IS NOT NULL) EXECUTE FUNCTION hands_differ('disbursed_by', 'approved_by', 'nobody_disburses_an_own_approval');
-- next
ALTER TABLE drawdown ENABLE ALWAYS TRIGGER drawdown_nobody_disburses_an_own_approval;
-- next
ALTER TABLE drawdown ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE drawdown FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY drawdown_seen ON drawdown USING (EXISTS (SELECT FROM facility WHERE facility.authority_id = drawdown.authority_id AND facility.id = drawdown.facility_id));
-- next
GRANT SELECT, INSERT, UPDATE ON drawdown TO ecosystem_api;
-- next
CREATE FUNCTION drawdown_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.version = 1 AND NEW.state = ANY ('{requested}'::text[]) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'drawdown % begins as %', NEW.id, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'drawdown_takes_its_turn';
  END IF;
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'requested approved' THEN '{approved_at,approved_by,proofs}'
    WHEN 'requested refused' THEN '{refused_at,refused_by,refused_reason}'
    WHEN 'approved refused' THEN '{refused_at,refused_by,refused_reason}'
    WHEN 'requested withdrawn' THEN '{withdrawn_at,withdrawn_by}'
    WHEN 'approved withdrawn' THEN '{withdrawn_at,withdrawn_by}'
    WHEN 'approved disbursed' THEN '{disbursed_at,disbursed_by,disbursed_on,bank_reference,kept,fees}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
  THEN
    RAISE EXCEPTION 'drawdown % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'drawdown_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER drawdown_turns BEFORE INSERT OR UPDATE ON drawdown FOR EACH ROW EXECUTE FUNCTION drawdown_takes_its_turn();
-- next
ALTER TABLE drawdown ENABLE ALWAYS TRIGGER drawdown_turns;
-- next
CREATE FUNCTION a_facility_is_drawn_when_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM facility WHERE facility.authority_id = NEW.authority_id
      AND facility.id = NEW.facility_id AND facility.currency = NEW.currency
      AND facility.state = 'agreed' FOR SHARE)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_facility_is_drawn_when_agreed';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_facility_is_drawn_when_agreed BEFORE INSERT ON drawdown FOR EACH ROW EXECUTE FUNCTION a_facility_is_drawn_when_agreed();
-- next
ALTER TABLE drawdown ENABLE ALWAYS TRIGGER a_facility_is_drawn_when_agreed;
-- next
CREATE FUNCTION who_draws_still_supplies() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  loan facility;
BEGIN
  SELECT * INTO loan FROM facility
  WHERE facility.authority_id = NEW.authority_id AND facility.id = NEW.facility_id;
  PERFORM FROM contract
  WHERE contract.authority_id = loan.authority_id AND contract.id = loan.contract_id FOR SHARE;
  IF NOT FOUND OR EXISTS (SELECT FROM contract_departure AS gone
      WHERE gone.authority_id = loan.authority_id AND gone.contract_id = loan.contract_id
        AND gone.organisation_id = loan.borrower_id)
  THEN
    RAISE EXCEPTION 'who draws % has left the contract', NEW.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'who_draws_still_supplies';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER who_draws_still_supplies BEFORE INSERT ON drawdown FOR EACH ROW EXECUTE FUNCTION who_draws_still_supplies();
-- next
CREATE TRIGGER who_draws_still_supplies_later BEFORE UPDATE ON drawdown FOR EACH ROW WHEN (NEW.state IN ('approved', 'disbursed')) EXECUTE FUNCTION who_draws_still_supplies();
-- next
ALTER TABLE drawdown ENABLE ALWAYS TRIGGER who_draws_still_supplies;
-- next
ALTER TABLE drawdown ENABLE ALWAYS TRIGGER who_draws_still_supplies_later;
-- next
CREATE FUNCTION drawdown_is_counted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  more numeric := CASE WHEN NEW.state IN ('refused', 'withdrawn') THEN 0 ELSE NEW.amount END;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.state NOT IN ('refused', 'withdrawn') THEN
    more := more - OLD.amount;
  END IF;
  IF more = 0 THEN
    RETURN NULL;
  END IF;
  INSERT INTO public.facility_total (authority_id, facility_id, currency, amount, reserved)
  SELECT authority_id, id, currency, amount, 0 FROM public.facility
  WHERE authority_id = NEW.authority_id AND id = NEW.facility_id
  ON CONFLICT DO NOTHING;
  UPDATE public.facility_total SET reserved = reserved + more
  WHERE authority_id = NEW.authority_id AND facility_id = NEW.facility_id;
  RETURN NULL;
END $$;
-- next
REVOKE EXECUTE ON FUNCTION drawdown_is_counted FROM PUBLIC;
-- next
CREATE TRIGGER drawdown_counts AFTER INSERT OR UPDATE ON drawdown FOR EACH ROW EXECUTE FUNCTION drawdown_is_counted();
-- next
ALTER TABLE drawdown ENABLE ALWAYS TRIGGER drawdown_counts;
-- next
CREATE TRIGGER excusal_hands_stay BEFORE UPDATE ON excusal FOR EACH ROW EXECUTE FUNCTION hands_stay('asked_by', 'decided_by', 'asked_hand', 'decided_hand');
-- next
ALTER TABLE excusal ENABLE ALWAYS TRIGGER excusal_hands_stay;
-- next
CREATE TRIGGER excusal_no_hand_excuses_itself BEFORE INSERT OR UPDATE ON excusal FOR EACH ROW WHEN (NEW.asked_hand LIKE 'client%' AND NEW.decided_hand IS NOT NULL) EXECUTE FUNCTION hands_differ('decided_hand', 'asked_hand', 'no_hand_excuses_itself');
-- next
ALTER TABLE excusal ENABLE ALWAYS TRIGGER excusal_no_hand_excuses_itself;
-- next
CREATE TRIGGER excusal_nobody_excuses_itself BEFORE INSERT OR UPDATE ON excusal FOR EACH ROW WHEN (NEW.asked_by LIKE 'client%' AND NEW.decided_by IS NOT NULL) EXECUTE FUNCTION hands_differ('decided_by', 'asked_by', 'nobody_excuses_itself');
-- next
ALTER TABLE excusal ENABLE ALWAYS TRIGGER excusal_nobody_excuses_itself;
-- next
GRANT SELECT, INSERT, UPDATE ON excusal TO ecosystem_api;
-- next
GRANT SELECT ON facility_total TO ecosystem_api;
-- next
CREATE TRIGGER finding_reply_stays BEFORE UPDATE OR DELETE ON finding_reply FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER finding_reply_stays_whole BEFORE TRUNCATE ON finding_reply FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE finding_reply ENABLE ALWAYS TRIGGER finding_reply_stays;
-- next
ALTER TABLE finding_reply ENABLE ALWAYS TRIGGER finding_reply_stays_whole;
-- next
GRANT SELECT, INSERT ON finding_reply TO ecosystem_api;
-- next
CREATE FUNCTION who_replies_is_heard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM finding JOIN contract_party ON contract_party.authority_id = finding.authority_id
      AND contract_party.contract_id = finding.contract_id
    WHERE finding.authority_id = NEW.authority_id AND finding.id = NEW.finding_id
      AND (finding.state = 'open'
        OR finding.state = 'concluded' AND finding.follow_up_on IS NOT NULL)
      AND contract_party.organisation_id = NEW.organisation_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'who_replies_is_heard';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER who_replies_is_heard BEFORE INSERT ON finding_reply FOR EACH ROW EXECUTE FUNCTION who_replies_is_heard();
-- next
ALTER TABLE finding_reply ENABLE ALWAYS TRIGGER who_replies_is_heard;
-- next
GRANT SELECT, INSERT, UPDATE ON milestone_reminder TO ecosystem_api;
-- next
CREATE FUNCTION milestone_reminder_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% % cannot go from % to %',
    TG_TABLE_NAME, NEW.id, coalesce(OLD.state, 'nothing'), NEW.state
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'milestone_reminder_takes_its_turn';
END $$;
-- next
CREATE TRIGGER milestone_reminder_begins BEFORE INSERT ON milestone_reminder FOR EACH ROW WHEN ((NEW.state IN ('pending')) IS NOT TRUE) EXECUTE FUNCTION milestone_reminder_takes_its_turn();
-- next
ALTER TABLE milestone_reminder ENABLE ALWAYS TRIGGER milestone_reminder_begins;
-- next
CREATE TRIGGER milestone_reminder_turns BEFORE UPDATE OF state ON milestone_reminder FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state AND OLD.state || ' ' || NEW.state NOT IN ('pending given', 'pending needless')) EXECUTE FUNCTION milestone_reminder_takes_its_turn();
-- next
ALTER TABLE milestone_reminder ENABLE ALWAYS TRIGGER milestone_reminder_turns;
-- next
CREATE TRIGGER milestone_submission_stays BEFORE UPDATE OR DELETE ON milestone_submission FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER milestone_submission_stays_whole BEFORE TRUNCATE ON milestone_submission FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE milestone_submission ENABLE ALWAYS TRIGGER milestone_submission_stays;
-- next
ALTER TABLE milestone_submission ENABLE ALWAYS TRIGGER milestone_submission_stays_whole;
-- next
GRANT SELECT, INSERT ON milestone_submission TO ecosystem_api;
-- next
CREATE FUNCTION a_round_follows_one_that_left_something() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF ((NEW.round = 1 OR EXISTS (
    SELECT FROM milestone_judgement AS one
    WHERE one.authority_id = NEW.authority_id AND one.milestone_id = NEW.milestone_id
      AND one.round = NEW.round - 1 AND one.outcome <> 'accepted'))
  AND NOT EXISTS (
    SELECT FROM milestone AS one JOIN milestone AS before
      ON before.authority_id = one.authority_id AND before.contract_id = one.contract_id
    WHERE one.authority_id = NEW.authority_id AND one.id = NEW.milestone_id AND NOT one.early
      AND before.code = ANY (words_of(one.after)) AND before.state <> 'accepted')) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_round_follows_one_that_left_something';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_round_follows_one_that_left_something BEFORE INSERT ON milestone_submission FOR EACH ROW EXECUTE FUNCTION a_round_follows_one_that_left_something();
-- next
ALTER TABLE milestone_submission ENABLE ALWAYS TRIGGER a_round_follows_one_that_left_something;
-- next
CREATE TRIGGER observation_batch_stays BEFORE UPDATE OR DELETE ON observation_batch FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER observation_batch_stays_whole BEFORE TRUNCATE ON observation_batch FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE observation_batch ENABLE ALWAYS TRIGGER observation_batch_stays;
-- next
ALTER TABLE observation_batch ENABLE ALWAYS TRIGGER observation_batch_stays_whole;
-- next
GRANT SELECT, INSERT ON observation_batch TO ecosystem_api;
-- next
CREATE TRIGGER redaction_stays BEFORE UPDATE OR DELETE ON redaction FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER redaction_stays_whole BEFORE TRUNCATE ON redaction FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE redaction ENABLE ALWAYS TRIGGER redaction_stays;
-- next
ALTER TABLE redaction ENABLE ALWAYS TRIGGER redaction_stays_whole;
-- next
ALTER TABLE redaction ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE redaction FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY redaction_seen ON redaction USING (
  authority_id = nullif(current_setting('app.authority', true), '')::integer
  OR EXISTS (
    SELECT FROM contract_party
    WHERE contract_party.authority_id = redaction.authority_id
      AND contract_party.contract_id = redaction.contract_id
      AND contract_party.organisation_id = nullif(current_setting('app.organisation', true), '')
  )
  OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%'
  )
  OR current_setting('app.purpose', true) = 'expiring'
);
-- next
GRANT SELECT, INSERT ON redaction TO ecosystem_api;
-- next
CREATE FUNCTION who_filed_redacts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM document
    WHERE document.authority_id = NEW.authority_id AND document.id = NEW.document_id
      AND document.organisation_id = nullif(current_setting('app.organisation', true), ''))
  AND (NEW.replacement_id IS NULL OR EXISTS (
    SELECT FROM document
    WHERE document.authority_id = NEW.authority_id AND document.id = NEW.replacement_id
      AND document.organisation_id = nullif(current_setting('app.organisation', true), '')))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'who_filed_redacts';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER who_filed_redacts BEFORE INSERT ON redaction FOR EACH ROW EXECUTE FUNCTION who_filed_redacts();
-- next
ALTER TABLE redaction ENABLE ALWAYS TRIGGER who_filed_redacts;
-- next
CREATE FUNCTION what_replaces_is_read() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM contract
  WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
  FOR NO KEY UPDATE;
  IF EXISTS (
    SELECT FROM redaction
    WHERE redaction.authority_id = NEW.authority_id
      AND redaction.document_id = NEW.replacement_id)
  THEN
    RAISE EXCEPTION 'document % is redacted itself', NEW.replacement_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_replaces_is_read';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER what_replaces_is_read BEFORE INSERT ON redaction FOR EACH ROW EXECUTE FUNCTION what_replaces_is_read();
-- next
ALTER TABLE redaction ENABLE ALWAYS TRIGGER what_replaces_is_read;
-- next
ALTER TABLE upload ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE upload FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY upload_seen ON upload USING (
  organisation_id = nullif(current_setting('app.organisation', true), '')
  OR current_setting('app.purpose', true) = 'uploading'
);
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON upload TO ecosystem_api;
-- next
CREATE TRIGGER deduction_reply_stays BEFORE UPDATE OR DELETE ON deduction_reply FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER deduction_reply_stays_whole BEFORE TRUNCATE ON deduction_reply FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE deduction_reply ENABLE ALWAYS TRIGGER deduction_reply_stays;
-- next
ALTER TABLE deduction_reply ENABLE ALWAYS TRIGGER deduction_reply_stays_whole;
-- next
ALTER TABLE deduction_reply ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE deduction_reply FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY deduction_reply_seen ON deduction_reply USING (EXISTS (SELECT FROM deduction_notice AS notice WHERE notice.authority_id = deduction_reply.authority_id AND notice.id = deduction_reply.deduction_id));
-- next
GRANT SELECT, INSERT ON deduction_reply TO ecosystem_api;
-- next
CREATE FUNCTION a_reply_is_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM deduction_notice AS notice
    CROSS JOIN json_array_elements(notice.parts) AS part
    WHERE notice.authority_id = NEW.authority_id AND notice.id = NEW.deduction_id
      AND notice.state IN ('announced', 'replied') AND NEW.replied_at < notice.reply_ends_at
      AND part->>'organisation_id' = NEW.organisation_id AND (part->>'amount')::numeric > 0)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_reply_is_in_time';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_reply_is_in_time BEFORE INSERT ON deduction_reply FOR EACH ROW EXECUTE FUNCTION a_reply_is_in_time();
-- next
ALTER TABLE deduction_reply ENABLE ALWAYS TRIGGER a_reply_is_in_time;
-- next
CREATE TRIGGER milestone_judgement_stays BEFORE UPDATE OR DELETE ON milestone_judgement FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER milestone_judgement_stays_whole BEFORE TRUNCATE ON milestone_judgement FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE milestone_judgement ENABLE ALWAYS TRIGGER milestone_judgement_stays;
-- next
ALTER TABLE milestone_judgement ENABLE ALWAYS TRIGGER milestone_judgement_stays_whole;
-- next
GRANT SELECT, INSERT ON milestone_judgement TO ecosystem_api;
-- next
CREATE FUNCTION parts_add_up_and_another_judges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF ((
    SELECT sum(one.share) FROM (
      SELECT share FROM milestone_judgement
      WHERE authority_id = NEW.authority_id AND milestone_id = NEW.milestone_id
      UNION ALL SELECT NEW.share) AS one
  ) BETWEEN 0 AND CASE WHEN NEW.outcome = 'accepted' THEN 1 ELSE 0.9999 END
  AND (NEW.outcome <> 'accepted' OR (
    SELECT coalesce(sum(share), 0) FROM milestone_judgement
    WHERE authority_id = NEW.authority_id AND milestone_id = NEW.milestone_id) + NEW.share = 1)
  AND EXISTS (
    SELECT FROM milestone_submission AS one JOIN milestone ON
      milestone.authority_id = one.authority_id AND milestone.id = one.milestone_id
    WHERE one.authority_id = NEW.authority_id AND one.milestone_id = NEW.milestone_id
      AND one.round = NEW.round AND NOT is_one_hand(NEW.judged_by, one.submitted_by)
      AND one.submitted_at <= NEW.judged_at
      AND NEW.is_deemed = (
        milestone.deemed_at IS NOT NULL AND NEW.judged_at >= milestone.deemed_at)
      AND (NEW.outcome = 'rejected' OR NOT milestone.verification_asked OR EXISTS (
        SELECT FROM milestone_verification AS found
        WHERE found.authority_id = NEW.authority_id AND found.milestone_id = NEW.milestone_id
          AND found.round = NEW.round AND found.outcome = 'confirmed'
          AND found.person_id <> NEW.judged_by))
      AND (NEW.delivered_at IS NULL OR NEW.delivered_at >= milestone.starts_at))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'parts_add_up_and_another_judges';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER parts_add_up_and_another_judges BEFORE INSERT ON milestone_judgement FOR EACH ROW EXECUTE FUNCTION parts_add_up_and_another_judges();
-- next
ALTER TABLE milestone_judgement ENABLE ALWAYS TRIGGER parts_add_up_and_another_judges;
-- next
CREATE TRIGGER milestone_verification_stays BEFORE UPDATE OR DELETE ON milestone_verification FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER milestone_verification_stays_whole BEFORE TRUNCATE ON milestone_verification FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE milestone_verification ENABLE ALWAYS TRIGGER milestone_verification_stays;
-- next
ALTER TABLE milestone_verification ENABLE ALWAYS TRIGGER milestone_verification_stays_whole;
-- next
GRANT SELECT, INSERT ON milestone_verification TO ecosystem_api;
-- next
CREATE FUNCTION nobody_examines_an_own_submission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM milestone_submission AS one
    WHERE one.authority_id = NEW.authority_id AND one.milestone_id = NEW.milestone_id
      AND one.round = NEW.round AND NOT is_one_hand(NEW.person_id, one.submitted_by))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'nobody_examines_an_own_submission';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER nobody_examines_an_own_submission BEFORE INSERT ON milestone_verification FOR EACH ROW EXECUTE FUNCTION nobody_examines_an_own_submission();
-- next
ALTER TABLE milestone_verification ENABLE ALWAYS TRIGGER nobody_examines_an_own_submission;
-- next
CREATE TRIGGER observation_hands_stay BEFORE UPDATE ON observation FOR EACH ROW EXECUTE FUNCTION hands_stay('reported_by', 'verified_by', 'disputed_by', 'annulled_by', 'reported_hand', 'verified_hand', 'disputed_hand', 'annulled_hand');
-- next
ALTER TABLE observation ENABLE ALWAYS TRIGGER observation_hands_stay;
-- next
CREATE TRIGGER observation_no_hand_annuls_its_own_report BEFORE INSERT OR UPDATE ON observation FOR EACH ROW WHEN (NEW.reported_hand LIKE 'client%' AND NEW.annulled_hand IS NOT NULL) EXECUTE FUNCTION hands_differ('annulled_hand', 'reported_hand', 'no_hand_annuls_its_own_report');
-- next
ALTER TABLE observation ENABLE ALWAYS TRIGGER observation_no_hand_annuls_its_own_report;
-- next
CREATE TRIGGER observation_no_hand_annuls_what_it_disputed BEFORE INSERT OR UPDATE ON observation FOR EACH ROW WHEN (NEW.disputed_hand LIKE 'client%' AND NEW.annulled_hand IS NOT NULL) EXECUTE FUNCTION hands_differ('annulled_hand', 'disputed_hand', 'no_hand_annuls_what_it_disputed');
-- next
ALTER TABLE observation ENABLE ALWAYS TRIGGER observation_no_hand_annuls_what_it_disputed;
-- next
CREATE TRIGGER observation_no_hand_disputes_its_own_report BEFORE INSERT OR UPDATE ON observation FOR EACH ROW WHEN (NEW.reported_hand LIKE 'client%' AND NEW.disputed_hand IS NOT NULL) EXECUTE FUNCTION hands_differ('disputed_hand', 'reported_hand', 'no_hand_disputes_its_own_report');
-- next
ALTER TABLE observation ENABLE ALWAYS TRIGGER observation_no_hand_disputes_its_own_report;
-- next
CREATE TRIGGER observation_no_hand_verifies_its_own_report BEFORE INSERT OR UPDATE ON observation FOR EACH ROW WHEN (NEW.reported_hand LIKE 'client%' AND NEW.verified_hand IS NOT NULL) EXECUTE FUNCTION hands_differ('verified_hand', 'reported_hand', 'no_hand_verifies_its_own_report');
-- next
ALTER TABLE observation ENABLE ALWAYS TRIGGER observation_no_hand_verifies_its_own_report;
-- next
CREATE TRIGGER observation_no_hand_verifies_what_it_disputed BEFORE INSERT OR UPDATE ON observation FOR EACH ROW WHEN (NEW.disputed_hand LIKE 'client%' AND NEW.verified_hand IS NOT NULL) EXECUTE FUNCTION hands_differ('verified_hand', 'disputed_hand', 'no_hand_verifies_what_it_disputed');
-- next
ALTER TABLE observation ENABLE ALWAYS TRIGGER observation_no_hand_verifies_what_it_disputed;
-- next
CREATE TRIGGER observation_nobody_annuls_its_own_report BEFORE INSERT OR UPDATE ON observation FOR EACH ROW WHEN (NEW.reported_by LIKE 'client%' AND NEW.annulled_by IS NOT NULL) EXECUTE FUNCTION hands_differ('annulled_by', 'reported_by', 'nobody_annuls_its_own_report');
-- next
ALTER TABLE observation ENABLE ALWAYS TRIGGER observation_nobody_annuls_its_own_report;
-- next
CREATE TRIGGER observation_nobody_annuls_what_it_disputed BEFORE INSERT OR UPDATE ON observation FOR EACH ROW WHEN (NEW.disputed_by LIKE 'client%' AND NEW.annulled_by IS NOT NULL) EXECUTE FUNCTION hands_differ('annulled_by', 'disputed_by', 'nobody_annuls_what_it_disputed');
-- next
ALTER TABLE observation ENABLE ALWAYS TRIGGER observation_nobody_annuls_what_it_disputed;
-- next
CREATE TRIGGER observation_nobody_disputes_its_own_report BEFORE INSERT OR UPDATE ON observation FOR EACH ROW WHEN (NEW.reported_by LIKE 'client%' AND NEW.disputed_by IS NOT NULL) EXECUTE FUNCTION hands_differ('disputed_by', 'reported_by', 'nobody_disputes_its_own_report');
-- next
ALTER TABLE observation ENABLE ALWAYS TRIGGER observation_nobody_disputes_its_own_report;
-- next
CREATE TRIGGER observation_nobody_verifies_its_own_report BEFORE INSERT OR UPDATE ON observation FOR EACH ROW WHEN (NEW.reported_by LIKE 'client%' AND NEW.verified_by IS NOT NULL) EXECUTE FUNCTION hands_differ('verified_by', 'reported_by', 'nobody_verifies_its_own_report');
-- next
ALTER TABLE observation ENABLE ALWAYS TRIGGER observation_nobody_verifies_its_own_report;
-- next
CREATE TRIGGER observation_nobody_verifies_what_it_disputed BEFORE INSERT OR UPDATE ON observation FOR EACH ROW WHEN (NEW.disputed_by LIKE 'client%' AND NEW.verified_by IS NOT NULL) EXECUTE FUNCTION hands_differ('verified_by', 'disputed_by', 'nobody_verifies_what_it_disputed');
-- next
ALTER TABLE observation ENABLE ALWAYS TRIGGER observation_nobody_verifies_what_it_disputed;
-- next
GRANT SELECT, INSERT, UPDATE ON observation TO ecosystem_api;
-- next
CREATE TRIGGER observation_stays_as_reported BEFORE UPDATE ON observation FOR EACH ROW WHEN (OLD.metric_id IS DISTINCT FROM NEW.metric_id OR OLD.contract_id IS DISTINCT FROM NEW.contract_id OR OLD.starts_on IS DISTINCT FROM NEW.starts_on OR OLD.ends_on IS DISTINCT FROM NEW.ends_on OR OLD.hour IS DISTINCT FROM NEW.hour OR OLD.value IS DISTINCT FROM NEW.value OR OLD.numerator IS DISTINCT FROM NEW.numerator OR OLD.denominator IS DISTINCT FROM NEW.denominator OR OLD.source IS DISTINCT FROM NEW.source OR OLD.sample_size IS DISTINCT FROM NEW.sample_size OR OLD.squares IS DISTINCT FROM NEW.squares OR OLD.invited IS DISTINCT FROM NEW.invited OR OLD.channel IS DISTINCT FROM NEW.channel OR OLD.batch_id IS DISTINCT FROM NEW.batch_id OR OLD.reported_at IS DISTINCT FROM NEW.reported_at OR OLD.supersedes IS DISTINCT FROM NEW.supersedes OR OLD.interval::text IS DISTINCT FROM NEW.interval::text OR OLD.verified_by IS NOT NULL AND (OLD.verification_id, OLD.verified_by, OLD.verified_at, OLD.reason::text) IS DISTINCT FROM (NEW.verification_id, NEW.verified_by, NEW.verified_at, NEW.reason::text)) EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE observation ENABLE ALWAYS TRIGGER observation_stays_as_reported;
-- next
CREATE TRIGGER payment_nobody_approves_an_own_claim BEFORE INSERT OR UPDATE ON payment FOR EACH ROW WHEN (NEW.claimed_by LIKE 'client%' AND NEW.approved_by IS NOT NULL) EXECUTE FUNCTION hands_differ('approved_by', 'claimed_by', 'nobody_approves_an_own_claim');
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_nobody_approves_an_own_claim;
-- next
CREATE TRIGGER payment_nobody_instructs_an_own_approval BEFORE INSERT OR UPDATE ON payment FOR EACH ROW WHEN (NEW.approved_by LIKE 'client%' AND NEW.instructed_by IS NOT NULL) EXECUTE FUNCTION hands_differ('instructed_by', 'approved_by', 'nobody_instructs_an_own_approval');
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_nobody_instructs_an_own_approval;
-- next
CREATE FUNCTION payment_is_shown(authority_id integer, contract_id text, payee_id text)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (EXISTS (
    SELECT FROM disclosure WHERE disclosure.authority_id = payment_is_shown.authority_id
      AND disclosure.contract_id = payment_is_shown.contract_id AND disclosure.lender_id = nullif(current_setting('app.organisation', true), '')
      AND disclosure.supplier_id = payment_is_shown.payee_id
      AND disclosure.revoked_at IS NULL AND 'payments' = ANY (disclosure.scopes)
      AND disclosure.until_at > coalesce(to_timestamp(nullif(current_setting('app.now', true), '')::bigint), now()))
  OR EXISTS (
    SELECT FROM assignment JOIN contract_departure AS gone
      ON gone.authority_id = assignment.authority_id
      AND gone.contract_id = assignment.contract_id
      AND gone.organisation_id = assignment.assignor_id
    WHERE assignment.authority_id = payment_is_shown.authority_id
      AND assignment.contract_id = payment_is_shown.contract_id
      AND assignment.assignor_id = payment_is_shown.payee_id AND assignment.state = 'acknowledged'
      AND assignment.assignee_id = nullif(current_setting('app.organisation', true), '')));
END $$;
-- next
ALTER TABLE payment ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE payment FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY payment_seen ON payment USING (payee_id = nullif(current_setting('app.organisation', true), '') OR authority_id = nullif(current_setting('app.authority', true), '')::integer OR paid_to_id = nullif(current_setting('app.organisation', true), '') OR current_setting('app.purpose', true) = 'calculation' OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id
      AND jurisdiction.path LIKE '%/' || nullif(current_setting('app.oversees', true), '') || '/%') OR payment_is_shown(authority_id, contract_id, payee_id));
-- next
GRANT SELECT, INSERT, UPDATE ON payment TO ecosystem_api;
-- next
CREATE FUNCTION payment_begins_computed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'computed' OR NEW.version <> 1 THEN
    RAISE EXCEPTION 'payment % begins as %', NEW.id, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_begins_computed';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER payment_begins BEFORE INSERT ON payment FOR EACH ROW EXECUTE FUNCTION payment_begins_computed();
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_begins;
-- next
CREATE FUNCTION payment_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'computed claimed' THEN '{claimed_at,claimed_by,due_on}'
    WHEN 'claimed approved' THEN '{approved_at,approved_by}'
    WHEN 'computed rejected' THEN '{rejected_at,rejected_by,rejected_reason}'
    WHEN 'claimed rejected' THEN '{rejected_at,rejected_by,rejected_reason}'
    WHEN 'approved instructed' THEN '{instructed_at,instructed_by,paid_to_id,assignment_id}'
    WHEN 'instructed returned' THEN '{approved_at,approved_by,instructed_at,instructed_by,paid_to_id,assignment_id,returned_at}'
    WHEN 'returned approved' THEN '{approved_at,approved_by,returned_at}'
    WHEN 'settled returned' THEN '{approved_at,approved_by,instructed_at,instructed_by,paid_to_id,assignment_id,settled_at,settled_by,settled_on,bank_reference,received_at,received_by,paid,returned_at}'
    WHEN 'approved returned' THEN '{approved_at,approved_by,paid,returned_at}'
    WHEN 'returned returned' THEN '{paid,returned_at}'
    WHEN 'instructed settled' THEN '{settled_at,settled_by,settled_on,bank_reference,paid}'
    WHEN 'computed reversed' THEN '{reversed_at,reversed_by,taken_back}'
    WHEN 'claimed reversed' THEN '{reversed_at,reversed_by,taken_back}'
    WHEN 'approved reversed' THEN '{reversed_at,reversed_by,taken_back}'
    WHEN 'returned reversed' THEN '{reversed_at,reversed_by,taken_back}'
    WHEN 'reversed returned' THEN '{reversed_at,reversed_by,paid,returned_at}'
    WHEN 'settled settled' THEN '{received_at,received_by}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
    OR ((OLD.due_on IS NOT NULL AND NEW.due_on IS DISTINCT FROM OLD.due_on)
      OR (NEW.state = 'settled' AND OLD.state = 'settled' AND OLD.received_at IS NOT NULL))
  THEN
    RAISE EXCEPTION 'payment % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER payment_turns BEFORE UPDATE ON payment FOR EACH ROW EXECUTE FUNCTION payment_takes_its_turn();
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_turns;
-- next
CREATE FUNCTION interest_is_what_was_earned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM calculation AS made
    WHERE made.authority_id = NEW.authority_id AND made.id = NEW.calculation_id
      AND made.total = NEW.earned AND NEW.owed_before = (
        SELECT coalesce(sum(other.amount), 0) FROM payment AS other
        JOIN calculation AS its ON its.authority_id = other.authority_id
          AND its.id = other.calculation_id
        WHERE other.authority_id = NEW.authority_id
          AND its.late_payment_id = made.late_payment_id
          AND other.state NOT IN ('rejected', 'reversed')))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'interest_is_what_was_earned';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER interest_is_what_was_earned BEFORE INSERT ON payment FOR EACH ROW WHEN (NEW.kind = 'interest') EXECUTE FUNCTION interest_is_what_was_earned();
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER interest_is_what_was_earned;
-- next
CREATE FUNCTION interest_is_of_a_settlement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM payment AS late
    WHERE late.authority_id = NEW.authority_id AND late.id = NEW.late_payment_id
      AND late.contract_id = NEW.contract_id AND late.kind = 'outcome' AND late.state = 'settled'
      AND EXISTS (SELECT late.id, sum(part.amount), late.due_on, part.settled_on
      FROM (SELECT settled.authority_id, settled.payment_id, settled.version,
    settled.settled_on, settled.amount - coalesce((SELECT sum(back.amount)
      FROM payment_return AS back WHERE back.authority_id = settled.authority_id
        AND back.payment_id = settled.payment_id AND back.settled_version = settled.version
    ), 0) AS amount FROM payment_settlement AS settled) AS part WHERE part.authority_id = late.authority_id
        AND part.payment_id = late.id AND part.amount > 0 AND part.settled_on > late.due_on
      GROUP BY part.settled_on)
      AND NOT EXISTS ((SELECT said.id, said.amount, said.due_on, said.settled_on
      FROM json_to_recordset(NEW.document->'facts'->'late')
        AS said(id text, amount numeric, due_on date, settled_on date)) EXCEPT ALL (SELECT late.id, sum(part.amount), late.due_on, part.settled_on
      FROM (SELECT settled.authority_id, settled.payment_id, settled.version,
    settled.settled_on, settled.amount - coalesce((SELECT sum(back.amount)
      FROM payment_return AS back WHERE back.authority_id = settled.authority_id
        AND back.payment_id = settled.payment_id AND back.settled_version = settled.version
    ), 0) AS amount FROM payment_settlement AS settled) AS part WHERE part.authority_id = late.authority_id
        AND part.payment_id = late.id AND part.amount > 0 AND part.settled_on > late.due_on
      GROUP BY part.settled_on))
      AND NOT EXISTS ((SELECT late.id, sum(part.amount), late.due_on, part.settled_on
      FROM (SELECT settled.authority_id, settled.payment_id, settled.version,
    settled.settled_on, settled.amount - coalesce((SELECT sum(back.amount)
      FROM payment_return AS back WHERE back.authority_id = settled.authority_id
        AND back.payment_id = settled.payment_id AND back.settled_version = settled.version
    ), 0) AS amount FROM payment_settlement AS settled) AS part WHERE part.authority_id = late.authority_id
        AND part.payment_id = late.id AND part.amount > 0 AND part.settled_on > late.due_on
      GROUP BY part.settled_on) EXCEPT ALL (SELECT said.id, said.amount, said.due_on, said.settled_on
      FROM json_to_recordset(NEW.document->'facts'->'late')
        AS said(id text, amount numeric, due_on date, settled_on date))))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'interest_is_of_a_settlement';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER interest_is_of_a_settlement BEFORE INSERT ON calculation FOR EACH ROW WHEN (NEW.kind = 'interest') EXECUTE FUNCTION interest_is_of_a_settlement();
-- next
ALTER TABLE calculation ENABLE ALWAYS TRIGGER interest_is_of_a_settlement;
-- next
CREATE FUNCTION payment_goes_to_who_holds_the_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (
    NEW.assignment_id IS NOT DISTINCT FROM (SELECT max(assignment.id) FROM assignment
    WHERE assignment.authority_id = NEW.authority_id
      AND assignment.contract_id = NEW.contract_id AND assignment.assignor_id = NEW.payee_id
      AND assignment.state = 'acknowledged')
    AND NEW.paid_to_id = coalesce(
      (SELECT max(assignment.assignee_id) FROM assignment
    WHERE assignment.authority_id = NEW.authority_id
      AND assignment.contract_id = NEW.contract_id AND assignment.assignor_id = NEW.payee_id
      AND assignment.state = 'acknowledged'), NEW.payee_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_goes_to_who_holds_the_claim';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER payment_goes_to_who_holds_the_claim BEFORE INSERT OR UPDATE ON payment FOR EACH ROW WHEN (NEW.state = 'instructed') EXECUTE FUNCTION payment_goes_to_who_holds_the_claim();
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_goes_to_who_holds_the_claim;
-- next
CREATE FUNCTION payment_is_counted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  more numeric := CASE WHEN NEW.state = 'rejected' THEN 0 ELSE NEW.amount - NEW.taken_back END;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.state <> 'rejected' THEN
    more := more - OLD.amount + OLD.taken_back;
  END IF;
  IF more = 0 OR NEW.kind = 'interest' THEN
    RETURN NULL;
  END IF;
  INSERT INTO public.payment_total (authority_id, contract_id, currency, value, owed)
  SELECT authority_id, id, currency, price, 0 FROM public.contract
  WHERE authority_id = NEW.authority_id AND id = NEW.contract_id
  ON CONFLICT DO NOTHING;
  UPDATE public.payment_total AS total SET owed = owed + more, value = contract.price
  FROM public.contract
  WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
    AND total.authority_id = NEW.authority_id AND total.contract_id = NEW.contract_id
    AND total.currency = NEW.currency;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'payment % is not in the currency of its contract', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_is_in_the_contracts_currency';
  END IF;
  RETURN NULL;
END $$;
-- next
REVOKE EXECUTE ON FUNCTION payment_is_counted FROM PUBLIC;
-- next
CREATE TRIGGER payment_counts AFTER INSERT OR UPDATE ON payment FOR EACH ROW EXECUTE FUNCTION payment_is_counted();
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_counts;
-- next
CREATE TRIGGER repayment_schedule_stays BEFORE UPDATE OR DELETE ON repayment_schedule FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER repayment_schedule_stays_whole BEFORE TRUNCATE ON repayment_schedule FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE repayment_schedule ENABLE ALWAYS TRIGGER repayment_schedule_stays;
-- next
ALTER TABLE repayment_schedule ENABLE ALWAYS TRIGGER repayment_schedule_stays_whole;
-- next
ALTER TABLE repayment_schedule ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE repayment_schedule FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY repayment_schedule_seen ON repayment_schedule USING (EXISTS (SELECT FROM facility WHERE facility.authority_id = repayment_schedule.authority_id AND facility.id = repayment_schedule.facility_id));
-- next
GRANT SELECT, INSERT ON repayment_schedule TO ecosystem_api;
-- next
ALTER TABLE bank_order ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE bank_order FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY bank_order_seen ON bank_order USING (authority_id = nullif(current_setting('app.authority', true), '')::integer OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id
      AND jurisdiction.path LIKE '%/' || nullif(current_setting('app.oversees', true), '') || '/%')
  OR current_setting('app.purpose', true) = 'expiring');
-- next
GRANT SELECT, INSERT, UPDATE ON bank_order TO ecosystem_api;
-- next
CREATE FUNCTION bank_order_only_returns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.returned_at IS NOT NULL OR to_jsonb(NEW) - '{returned_at,told}'::text[]
    IS DISTINCT FROM to_jsonb(OLD) - '{returned_at,told}'::text[]
    OR NOT EXISTS (SELECT FROM bank_item WHERE bank_item.authority_id = NEW.authority_id
      AND bank_item.file_id = NEW.file_id AND bank_item.payment_id = NEW.payment_id
      AND bank_item.outcome IN ('returned', 'given_back', 'resolved'))
  THEN
    RAISE EXCEPTION 'what was ordered stays as it was'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_order_only_returns';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER bank_order_changes BEFORE UPDATE ON bank_order FOR EACH ROW EXECUTE FUNCTION bank_order_only_returns();
-- next
ALTER TABLE bank_order ENABLE ALWAYS TRIGGER bank_order_changes;
-- next
CREATE FUNCTION an_order_is_of_what_is_owed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM payment WHERE payment.authority_id = NEW.authority_id
      AND payment.id = NEW.payment_id AND payment.state = 'instructed'
      AND payment.version = NEW.version
      AND payment.amount - payment.paid - payment.taken_back = NEW.amount)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'an_order_is_of_what_is_owed';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER an_order_is_of_what_is_owed BEFORE INSERT ON bank_order FOR EACH ROW EXECUTE FUNCTION an_order_is_of_what_is_owed();
-- next
ALTER TABLE bank_order ENABLE ALWAYS TRIGGER an_order_is_of_what_is_owed;
-- next
CREATE TRIGGER payment_dispute_no_hand_agrees_to_an_own_proposal BEFORE INSERT OR UPDATE ON payment_dispute FOR EACH ROW WHEN (NEW.proposed_hand LIKE 'client%' AND NEW.agreed_hand IS NOT NULL) EXECUTE FUNCTION hands_differ('agreed_hand', 'proposed_hand', 'no_hand_agrees_to_an_own_proposal');
-- next
ALTER TABLE payment_dispute ENABLE ALWAYS TRIGGER payment_dispute_no_hand_agrees_to_an_own_proposal;
-- next
CREATE TRIGGER payment_dispute_nobody_agrees_to_an_own_proposal BEFORE INSERT OR UPDATE ON payment_dispute FOR EACH ROW WHEN (NEW.proposed_by LIKE 'client%' AND NEW.agreed_by IS NOT NULL) EXECUTE FUNCTION hands_differ('agreed_by', 'proposed_by', 'nobody_agrees_to_an_own_proposal');
-- next
ALTER TABLE payment_dispute ENABLE ALWAYS TRIGGER payment_dispute_nobody_agrees_to_an_own_proposal;
-- next
ALTER TABLE payment_dispute ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE payment_dispute FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY payment_dispute_seen ON payment_dispute USING (payee_id = nullif(current_setting('app.organisation', true), '') OR authority_id = nullif(current_setting('app.authority', true), '')::integer OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id
      AND jurisdiction.path LIKE '%/' || nullif(current_setting('app.oversees', true), '') || '/%') OR current_setting('app.purpose', true) = 'calculation');
-- next
GRANT SELECT, INSERT, UPDATE ON payment_dispute TO ecosystem_api;
-- next
CREATE FUNCTION payment_dispute_holds_a_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.state = 'open' AND NEW.version = 1 AND EXISTS (
    SELECT FROM payment WHERE payment.authority_id = NEW.authority_id
      AND payment.id = NEW.held_id AND payment.state = 'computed'
      AND payment.amount = NEW.amount AND payment.currency = NEW.currency
      AND payment.payee_id = NEW.payee_id)
  AND EXISTS (
    SELECT FROM payment WHERE payment.authority_id = NEW.authority_id
      AND payment.id = NEW.disputed_id AND payment.amount >= NEW.amount
      AND (payment.state = 'reversed'
        OR payment.state = 'rejected' AND NEW.rest_id IS NULL AND coalesce((
    SELECT greatest(total.owed - coalesce(total.earned, (
    SELECT coalesce(sum(made.total), 0) FROM calculation AS made
    WHERE made.authority_id = total.authority_id AND made.contract_id = total.contract_id
      AND made.kind = 'outcome' AND NOT EXISTS (
        SELECT FROM calculation AS later WHERE later.authority_id = made.authority_id
          AND later.supersedes = made.id)
  ) - (
    SELECT coalesce(sum(gone.amount - gone.payable), 0) FROM payment_dispute AS gone
    WHERE gone.authority_id = total.authority_id AND gone.contract_id = total.contract_id
      AND gone.payable IS NOT NULL)), 0)
    FROM payee_total AS total
    WHERE total.authority_id = NEW.authority_id AND total.contract_id = NEW.contract_id
      AND total.payee_id = NEW.payee_id), 0) = 0))) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_dispute_holds_a_payment';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER payment_dispute_holds_a_payment BEFORE INSERT ON payment_dispute FOR EACH ROW EXECUTE FUNCTION payment_dispute_holds_a_payment();
-- next
ALTER TABLE payment_dispute ENABLE ALWAYS TRIGGER payment_dispute_holds_a_payment;
-- next
CREATE FUNCTION payment_dispute_is_a_sides() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM organisation
    WHERE organisation.number = NEW.authority_id AND organisation.id = NEW.opened_for) OR NEW.opened_for = NEW.payee_id
  OR NEW.disputed_calculation_id IS NOT NULL AND EXISTS (
    SELECT FROM contract CROSS JOIN json_array_elements(contract.terms->'parties') AS party
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND party->>'organisation_id' = NEW.opened_for AND party->>'role' = 'supplier'
      AND (party->>'lead')::boolean)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_dispute_is_a_sides';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER payment_dispute_is_a_sides BEFORE INSERT ON payment_dispute FOR EACH ROW EXECUTE FUNCTION payment_dispute_is_a_sides();
-- next
ALTER TABLE payment_dispute ENABLE ALWAYS TRIGGER payment_dispute_is_a_sides;
-- next
CREATE FUNCTION payment_dispute_whole_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.disputed_calculation_id IS NULL OR NOT EXISTS (
    SELECT FROM calculation_dispute AS whole WHERE whole.authority_id = NEW.authority_id
      AND whole.calculation_id = NEW.disputed_calculation_id
      AND whole.opened_at = NEW.opened_at)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_dispute_whole_is_open';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER payment_dispute_whole_is_open BEFORE INSERT ON payment_dispute FOR EACH ROW EXECUTE FUNCTION payment_dispute_whole_is_open();
-- next
ALTER TABLE payment_dispute ENABLE ALWAYS TRIGGER payment_dispute_whole_is_open;
-- next
CREATE FUNCTION payment_dispute_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{state,version}';
BEGIN
  marks := CASE OLD.state || ' ' || NEW.state
    WHEN 'open open' THEN '{proposed_payable,proposed_reason,proposed_by,proposed_hand,proposed_at}'
    WHEN 'open resolved' THEN '{payable,released_id,agreed_by,agreed_hand,resolved_at}'
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always
  THEN
    RAISE EXCEPTION 'dispute % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_dispute_takes_its_turn';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER payment_dispute_turns BEFORE UPDATE ON payment_dispute FOR EACH ROW EXECUTE FUNCTION payment_dispute_takes_its_turn();
-- next
ALTER TABLE payment_dispute ENABLE ALWAYS TRIGGER payment_dispute_turns;
-- next
CREATE FUNCTION payment_is_not_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM payment_dispute WHERE authority_id = NEW.authority_id AND held_id = NEW.id
      AND state = 'open')
  THEN
    RAISE EXCEPTION 'payment % is held by a dispute', NEW.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_is_not_held';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER payment_is_free BEFORE UPDATE ON payment FOR EACH ROW WHEN (NEW.state <> 'reversed') EXECUTE FUNCTION payment_is_not_held();
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_is_free;
-- next
CREATE TRIGGER payment_settlement_stays BEFORE UPDATE OR DELETE ON payment_settlement FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER payment_settlement_stays_whole BEFORE TRUNCATE ON payment_settlement FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE payment_settlement ENABLE ALWAYS TRIGGER payment_settlement_stays;
-- next
ALTER TABLE payment_settlement ENABLE ALWAYS TRIGGER payment_settlement_stays_whole;
-- next
ALTER TABLE payment_settlement ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE payment_settlement FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY payment_settlement_seen ON payment_settlement USING (EXISTS (SELECT FROM payment WHERE payment.authority_id = payment_settlement.authority_id AND payment.id = payment_settlement.payment_id));
-- next
GRANT SELECT ON payment_settlement TO ecosystem_api;
-- next
CREATE FUNCTION payment_keeps_its_settlement() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO public.payment_settlement (authority_id, payment_id, version, payee_id, paid_to_id,
    assignment_id, bank_reference, settled_on, amount, currency, recorded_by, recorded_at)
  VALUES (NEW.authority_id, NEW.id, NEW.version, NEW.payee_id, NEW.paid_to_id,
    NEW.assignment_id, NEW.bank_reference, NEW.settled_on, NEW.paid - OLD.paid, NEW.currency,
    NEW.settled_by, NEW.settled_at);
  RETURN NULL;
END $$;
-- next
REVOKE EXECUTE ON FUNCTION payment_keeps_its_settlement FROM PUBLIC;
-- next
CREATE TRIGGER payment_settles AFTER UPDATE ON payment FOR EACH ROW WHEN (OLD.state = 'instructed' AND NEW.state = 'settled') EXECUTE FUNCTION payment_keeps_its_settlement();
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_settles;
-- next
ALTER TABLE bank_item ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE bank_item FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY bank_item_seen ON bank_item USING (authority_id = nullif(current_setting('app.authority', true), '')::integer OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id
      AND jurisdiction.path LIKE '%/' || nullif(current_setting('app.oversees', true), '') || '/%')
  OR current_setting('app.purpose', true) = 'expiring');
-- next
GRANT SELECT, INSERT, UPDATE ON bank_item TO ecosystem_api;
-- next
CREATE FUNCTION bank_item_is_resolved_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[] := '{version,outcome,payment_id,file_id,resolved_at,resolved_by,note}';
BEGIN
  IF OLD.outcome <> 'unmatched' OR NEW.outcome <> 'resolved' OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks IS DISTINCT FROM to_jsonb(OLD) - marks
  THEN
    RAISE EXCEPTION 'what the bank said stays as it was'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_item_is_resolved_once';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER bank_item_changes BEFORE UPDATE ON bank_item FOR EACH ROW EXECUTE FUNCTION bank_item_is_resolved_once();
-- next
ALTER TABLE bank_item ENABLE ALWAYS TRIGGER bank_item_changes;
-- next
CREATE FUNCTION an_answer_is_to_its_own_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (CASE
    WHEN NEW.outcome IN ('settled', 'returned') THEN EXISTS (
      SELECT FROM payment LEFT JOIN bank_order ON bank_order.authority_id = payment.authority_id
        AND bank_order.payment_id = payment.id AND bank_order.version = payment.version
      WHERE payment.authority_id = NEW.authority_id AND payment.id = NEW.payment_id
        AND payment.state = 'instructed'
        AND bank_order.file_id IS NOT DISTINCT FROM NEW.file_id)
    WHEN NEW.outcome = 'given_back' THEN EXISTS (
      SELECT FROM payment_settlement AS settled LEFT JOIN bank_order
        ON bank_order.authority_id = settled.authority_id
        AND bank_order.payment_id = settled.payment_id
        AND bank_order.version = settled.version - 1
      WHERE settled.authority_id = NEW.authority_id AND settled.payment_id = NEW.payment_id
        AND bank_order.file_id IS NOT DISTINCT FROM NEW.file_id)
    ELSE true END
  AND EXISTS (SELECT FROM bank_report AS report WHERE report.authority_id = NEW.authority_id
    AND report.id = NEW.report_id AND CASE WHEN report.file_id IS NULL
      THEN NEW.outcome <> 'returned' ELSE coalesce(NEW.file_id, report.file_id) = report.file_id
        AND (NEW.outcome <> 'returned' OR NEW.file_id IS NOT NULL) END)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'an_answer_is_to_its_own_file';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER an_answer_is_to_its_own_file BEFORE INSERT OR UPDATE ON bank_item FOR EACH ROW EXECUTE FUNCTION an_answer_is_to_its_own_file();
-- next
ALTER TABLE bank_item ENABLE ALWAYS TRIGGER an_answer_is_to_its_own_file;
-- next
CREATE TRIGGER payment_return_stays BEFORE UPDATE OR DELETE ON payment_return FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER payment_return_stays_whole BEFORE TRUNCATE ON payment_return FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE payment_return ENABLE ALWAYS TRIGGER payment_return_stays;
-- next
ALTER TABLE payment_return ENABLE ALWAYS TRIGGER payment_return_stays_whole;
-- next
ALTER TABLE payment_return ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE payment_return FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY payment_return_seen ON payment_return USING (EXISTS (SELECT FROM payment WHERE payment.authority_id = payment_return.authority_id AND payment.id = payment_return.payment_id));
-- next
GRANT SELECT, INSERT ON payment_return TO ecosystem_api;
-- next
CREATE FUNCTION payment_return_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  known integer;
  standing numeric;
BEGIN
  SELECT version INTO known FROM payment
  WHERE authority_id = NEW.authority_id AND id = NEW.payment_id AND payee_id = NEW.payee_id
    AND state IN ('settled', 'returned', 'approved', 'reversed')
  FOR UPDATE;
  IF known IS NULL OR NEW.version <> known + 1 THEN
    RAISE EXCEPTION 'nothing of payment % can come back like this', NEW.payment_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_return_is_of_a_settlement';
  END IF;
  SELECT amount INTO standing FROM (SELECT settled.authority_id, settled.payment_id, settled.version,
    settled.settled_on, settled.amount - coalesce((SELECT sum(back.amount)
      FROM payment_return AS back WHERE back.authority_id = settled.authority_id
        AND back.payment_id = settled.payment_id AND back.settled_version = settled.version
    ), 0) AS amount FROM payment_settlement AS settled) AS part
  WHERE authority_id = NEW.authority_id AND payment_id = NEW.payment_id
    AND version = NEW.settled_version;
  IF NOT coalesce(NEW.amount <= standing, false) THEN
    RAISE EXCEPTION 'of payment % no more came back than was settled', NEW.payment_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'no_more_comes_back_than_was_settled';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER payment_return_fits BEFORE INSERT ON payment_return FOR EACH ROW EXECUTE FUNCTION payment_return_fits();
-- next
ALTER TABLE payment_return ENABLE ALWAYS TRIGGER payment_return_fits;
-- next
CREATE FUNCTION payment_is_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'instructed' AND NEW.state = 'settled' THEN
    NEW.paid := NEW.amount - OLD.taken_back;
  ELSE
    NEW.paid := OLD.paid - (SELECT coalesce(sum(back.amount), 0) FROM payment_return AS back
      WHERE back.authority_id = NEW.authority_id AND back.payment_id = NEW.id
        AND back.version = NEW.version);
  END IF;
  NEW.taken_back := CASE WHEN OLD.state <> 'reversed' AND NEW.state = 'reversed'
    THEN NEW.amount - NEW.paid ELSE OLD.taken_back END;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER payment_is_paid BEFORE UPDATE ON payment FOR EACH ROW EXECUTE FUNCTION payment_is_paid();
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_is_paid;
-- next
CREATE FUNCTION a_returned_payment_came_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (
    SELECT FROM payment_return AS back WHERE back.authority_id = NEW.authority_id
      AND back.payment_id = NEW.id AND back.version = NEW.version
      AND back.recorded_at = NEW.returned_at)
  OR EXISTS (
    SELECT FROM bank_order WHERE bank_order.authority_id = NEW.authority_id
      AND bank_order.payment_id = NEW.id AND bank_order.version = OLD.version
      AND bank_order.returned_at = NEW.returned_at)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_returned_payment_came_back';
  END IF;
  RETURN NEW;
END $$;
-- next
CREATE TRIGGER a_returned_payment_came_back BEFORE INSERT OR UPDATE ON payment FOR EACH ROW WHEN (NEW.state = 'returned') EXECUTE FUNCTION a_returned_payment_came_back();
-- next
ALTER TABLE payment ENABLE ALWAYS TRIGGER a_returned_payment_came_back;
-- next
CREATE TRIGGER repayment_stays BEFORE UPDATE OR DELETE ON repayment FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER repayment_stays_whole BEFORE TRUNCATE ON repayment FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE repayment ENABLE ALWAYS TRIGGER repayment_stays;
-- next
ALTER TABLE repayment ENABLE ALWAYS TRIGGER repayment_stays_whole;
-- next
ALTER TABLE repayment ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE repayment FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY repayment_seen ON repayment USING (EXISTS (SELECT FROM facility WHERE facility.authority_id = repayment.authority_id AND facility.id = repayment.facility_id));
-- next
GRANT SELECT, INSERT ON repayment TO ecosystem_api;
-- next
CREATE TRIGGER repayment_return_stays BEFORE UPDATE OR DELETE ON repayment_return FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten();
-- next
CREATE TRIGGER repayment_return_stays_whole BEFORE TRUNCATE ON repayment_return FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten();
-- next
ALTER TABLE repayment_return ENABLE ALWAYS TRIGGER repayment_return_stays;
-- next
ALTER TABLE repayment_return ENABLE ALWAYS TRIGGER repayment_return_stays_whole;
-- next
ALTER TABLE repayment_return ENABLE ROW LEVEL SECURITY;
-- next
ALTER TABLE repayment_return FORCE ROW LEVEL SECURITY;
-- next
CREATE POLICY repayment_return_seen ON repayment_return USING (EXISTS (SELECT FROM facility WHERE facility.authority_id = repayment_return.authority_id AND facility.id = repayment_return.facility_id));
-- next
GRANT SELECT, INSERT ON repayment_return TO ecosystem_api
