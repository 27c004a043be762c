//! What every database must do alike: one list of checks, run on SQLite in memory, on a
//! SQLite file, and on PostgreSQL where `PORTNER_TEST_POSTGRES` gives the address of a
//! server whose user may create databases.
//!
//! The checks stand in for SQL that is checked at build: `coverage` fails when a method of
//! the store is called by none of them.

mod approvals;
mod audit;
mod bench;
mod boards;
mod coverage;
mod desk;
mod directory;
mod evidence;
mod grants;
mod guessing;
mod help;
mod imports;
mod key_marks;
mod licences;
mod logout;
mod opening;
mod parked;
mod replay;
mod retention;
mod secrets;
mod seed;
mod sessions;
mod wards;

macro_rules! contract {
    ($($topic:ident::$check:ident,)*) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                super::$topic::$check(&super::bench::Bench::memory().await).await;
            })*
        }

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                super::$topic::$check(&super::bench::Bench::file().await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                if let Some(bench) = super::bench::Bench::postgres(stringify!($check)).await {
                    super::$topic::$check(&bench).await;
                }
            })*
        }
    };
}

contract! {
    opening::a_reachable_database_says_so_until_it_is_closed,
    opening::migrations_run_once,
    directory::an_account_is_found_by_name_uni_id_and_id,
    directory::only_accounts_tied_to_the_cpr_number_are_found_by_it,
    directory::an_affiliation_keeps_its_roles_level_and_stage,
    directory::actors_are_active_from_their_first_moment_to_just_before_their_last,
    directory::putting_a_person_again_replaces_roles_and_keeps_accounts,
    directory::a_name_that_is_taken_is_a_conflict_and_nothing_of_the_person_stays,
    directory::a_blocked_account_is_seen_as_such,
    directory::a_password_hash_is_replaced_and_renewed_only_if_unchanged,
    guessing::of_parallel_tries_each_is_counted,
    guessing::a_right_try_ends_the_row_and_a_window_ends_all,
    guessing::what_hours_had_adds_up,
    guessing::an_account_belongs_where_it_is_active,
    secrets::what_is_known_of_a_secret_is_kept_with_it,
    secrets::a_change_takes_the_place_of_one_secret_alone_and_ends_the_rest,
    secrets::a_login_by_a_secret_that_was_changed_meanwhile_is_none,
    secrets::of_changes_at_the_same_time_one_is_made,
    secrets::the_first_secret_of_an_account_is_the_first,
    secrets::the_last_hashes_are_remembered_and_no_more,
    secrets::a_rule_for_one_pupil_is_set_and_lifted,
    secrets::a_support_case_ends_in_one_code,
    help::a_teacher_has_own_pupils_and_an_administrator_all,
    help::windows_end_with_the_secret_of_who_opened_them,
    help::pupils_without_a_secret_are_told_with_all_their_schools,
    help::two_teachers_who_open_for_the_same_pupils_both_get_through,
    help::a_learnt_secret_and_a_changed_one_never_wait_for_each_other,
    help::of_fifty_logins_one_goes_through_a_window,
    help::a_window_is_open_for_three_hundred_seconds,
    help::however_many_pictures_are_picked_at_once_two_wrong_ones_are_borne,
    help::another_window_takes_the_place_of_one_and_not_without_end,
    help::a_learnt_secret_is_kept_once_and_dies_when_it_was_not_the_pupil,
    help::a_window_that_was_taken_back_or_overtaken_makes_nothing,
    approvals::of_fifty_adults_at_once_one_says_yes_to_a_pupil_who_waits,
    approvals::a_level_is_for_one_session_and_account_and_for_two_hours,
    approvals::what_was_given_out_ends_with_the_adults_word,
    approvals::a_word_that_was_taken_back_finishes_no_login,
    approvals::a_word_that_is_taken_back_at_the_same_moment_finishes_no_login_that_nobody_hears_of,
    approvals::what_was_given_out_on_an_adults_word_stays_dead_when_old_questions_are_forgotten,
    approvals::a_logout_ends_what_was_asked_and_given,
    approvals::an_adult_who_is_logged_out_at_that_moment_says_yes_to_nobody,
    approvals::a_changed_secret_ends_what_was_asked_given_and_said,
    approvals::questions_have_an_end_in_number_and_time,
    boards::a_board_has_its_class_alone_for_those_whose_it_is,
    boards::what_logins_of_a_class_came_to_is_told_with_who_is_in,
    boards::a_seat_holds_as_long_as_everything_behind_it,
    boards::whoever_hammers_at_one_pupil_hides_no_other,
    desk::the_right_is_for_those_employed_there_and_somebody_always_has_it,
    desk::of_two_who_take_the_right_from_one_another_one_keeps_it,
    desk::the_last_administrator_who_can_come_keeps_the_right_and_the_employment,
    desk::a_block_is_its_institutions_alone_and_survives_a_seed,
    desk::a_first_code_is_read_until_it_is_used_and_replaces_no_password,
    desk::an_affiliation_by_hand_is_added_prolonged_and_ended,
    desk::an_institution_sees_its_own_people_alone,
    desk::refusals_of_a_person_are_told_newest_first_for_as_long_as_wanted,
    sessions::a_session_is_found_by_its_token_until_it_ends,
    sessions::a_session_is_used_outside_logins_too,
    sessions::a_touch_never_goes_back_in_time,
    sessions::all_sessions_of_a_person_end_together,
    sessions::who_took_part_is_remembered_once_each,
    sessions::a_login_finished_twice_leaves_one_session,
    sessions::a_login_that_cannot_be_written_fails_nobody_else,
    sessions::a_service_finds_the_sessions_of_its_subject,
    sessions::who_is_logged_in_as_somebody_is_found_by_person,
    logout::an_upstream_finds_the_sessions_that_it_means,
    logout::a_session_that_takes_anothers_place_has_its_participants,
    logout::a_session_that_another_person_follows_hands_nothing_on,
    logout::a_login_that_is_refused_ends_nobodys_session,
    logout::a_part_is_remembered_when_its_session_is_over,
    grants::a_code_is_granted_once_of_fifty_and_then_known_as_replayed,
    grants::what_a_code_is_exchanged_for_is_given_out_to_the_first_alone,
    grants::a_handle_is_good_for_its_kind_holder_and_time_alone,
    grants::a_login_vouches_for_what_came_of_it_while_it_is_open_and_nobody_is_blocked,
    grants::a_revoked_family_takes_members_that_come_later_too,
    grants::logout_revokes_what_the_session_gave_out,
    grants::what_outlives_a_session_stands_on_the_account_and_ends_with_the_person,
    grants::a_code_that_is_redeemed_while_the_secret_changes_gives_nothing_that_lasts,
    replay::a_mark_is_first_once_of_fifty_in_parallel,
    replay::two_writers_agree_on_who_was_first,
    replay::an_owner_is_known_again_and_others_replay,
    replay::a_mark_that_is_forgotten_can_be_made_again,
    replay::of_two_logins_by_one_proof_nothing_is_written_of_the_second,
    replay::a_mark_that_ran_out_can_be_made_again,
    replay::two_hundred_rows_take_few_commits,
    replay::rows_fail_closed_when_the_database_is_gone,
    replay::a_full_queue_refuses_at_once,
    replay::a_mark_that_nobody_waited_for_locks_nobody_out,
    evidence::evidence_comes_back_as_it_was_written,
    evidence::the_chain_of_evidence_is_whole_before_and_after_a_purge,
    audit::events_come_back_as_they_were_written,
    audit::an_accounts_own_past_is_told_the_latest_first,
    audit::two_writers_make_one_chain,
    audit::an_untouched_chain_is_whole_before_and_after_a_purge,
    audit::nul_in_a_strangers_text_fails_nobody,
    imports::an_import_is_written_whole_and_read_back,
    imports::of_two_imports_from_one_state_the_second_finds_out,
    imports::an_import_that_cannot_be_written_leaves_nothing,
    imports::people_are_found_by_their_number_alone,
    imports::who_leaves_loses_access_at_once_and_comes_back_whole,
    imports::who_is_gone_for_long_is_forgotten_but_never_their_names,
    imports::deliveries_are_remembered_with_what_was_wrong,
    imports::people_are_found_by_beginnings_of_words_at_their_institution,
    imports::what_is_old_is_told_kept_and_ended,
    imports::of_two_schools_at_once_each_sees_what_the_other_did,
    imports::who_tells_of_a_school_and_who_left_unasked_is_known,
    imports::whoever_is_written_by_hand_keeps_what_imports_protect,
    imports::whoever_is_written_by_hand_again_is_open_again,
    key_marks::keys_are_known_by_their_purpose_until_they_are_forgotten,
    key_marks::a_directory_says_whether_anybody_is_in_it,
    key_marks::hashes_say_which_pepper_they_were_made_with,
    licences::a_licence_is_for_an_institution_a_group_or_a_class_and_for_its_time,
    licences::the_services_that_anybody_has_a_licence_for_are_known,
    licences::the_eids_name_for_a_person_is_remembered_as_first_said,
    parked::what_is_parked_is_there_until_it_is_over_or_forgotten,
    retention::what_is_over_is_forgotten_and_what_is_not_stays,
    seed::a_directory_loads_and_loads_again,
    seed::a_directory_that_clashes_leaves_nothing,
    seed::numbers_are_sealed_anew_after_the_key_was_changed,
}

// These need a second connection beside the store's own, which memory does not have.
macro_rules! contract_with_second_connection {
    ($($topic:ident::$check:ident,)*) => {
        mod sqlite_twice {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                super::$topic::$check(&super::bench::Bench::file().await).await;
            })*
        }

        mod postgres_twice {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                if let Some(bench) = super::bench::Bench::postgres(stringify!($check)).await {
                    super::$topic::$check(&bench).await;
                }
            })*
        }
    };
}

contract_with_second_connection! {
    wards::custody_counts_while_it_lasts_and_for_nobody_else,
    wards::of_two_schools_the_one_that_says_no_is_believed,
    wards::what_nobody_has_confirmed_gives_no_custody,
    wards::whom_nobody_else_has_is_confirmed_in_time,
    help::what_another_owner_says_takes_no_adults_word_away,
    approvals::an_adult_who_is_not_the_pupils_any_more_is_found,
    approvals::a_row_that_cannot_be_read_keeps_no_other_from_its_end,
    approvals::a_changed_secret_and_logins_on_an_adults_word_wait_for_each_other,
    approvals::a_service_has_its_question_and_its_handle_or_neither,
    approvals::nobody_shows_what_another_at_the_school_shows,
    wards::a_birth_date_is_what_the_school_tells,
    opening::who_only_looks_sees_what_is_there_and_makes_nothing,
    replay::a_mark_outlives_a_restart,
    replay::a_database_that_comes_back_is_taken_up_with_all_that_was_seen,
    evidence::evidence_that_was_tampered_with_is_named,
    evidence::evidence_that_is_cut_off_is_named,
    audit::an_altered_row_is_named,
    audit::the_hash_of_a_row_is_told_as_long_as_it_is_there,
    audit::a_missing_row_is_named,
    audit::a_cut_off_end_is_named,
    audit::a_hash_of_another_row_does_not_fit,
    directory::what_cannot_be_read_is_an_error_without_the_value,
}
